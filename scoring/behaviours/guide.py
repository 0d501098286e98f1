"""What does the page say that describes each behaviour? It is written from the corpus:

python -m scoring.behaviours.guide > docs/behaviours.md
"""

import sys
from collections.abc import Iterator

from scoring.behaviours.corpus import Behaviour, Example, behaviours
from scoring.behaviours.judge import DOUBT
from transcripts.model import Speaker

_SHORTEST, _LONGEST = 5, 18  # words that a reader takes in at a glance and that still say something

_HEAD = """# What people do in a conversation: the behaviours

A behaviour is something that a speaker does in a turn: apologises, asks an open question, threatens to leave. Attune's
judge says of each turn how likely it shows each behaviour of its side, and in which of its words. Scorecards ask for
behaviours with `shows.v1`, `never_shows.v1`, `responds.v1` and `ratio.v1`, and begin and end stretches with them; see
[scorecards.md](scorecards.md).

The judge was taught on examples that were written for Attune (`scoring/behaviours/corpus`): for each behaviour turns that
show it, and near misses that look like it and don't. A turn can show several. From {sure:.0%} on a behaviour counts as
shown, up to {doubt:.0%} as not shown, and what lies between is left to a person.

This page is written from the corpus by `python -m scoring.behaviours.guide`.
"""


_FEELING = """
## What counts as a feeling

Sentiment is taught from lines that are positive, negative or neither (`scoring/behaviours/corpus/sentiment`), and from whole
dialogues in which every line is labelled (`scoring/behaviours/dialogues`), so that feelings are as frequent as in talk. A
line is labelled as somebody hears it who knows where it is said; in a dialogue, as its scene makes it meant:

- **Negative**: the words tell displeasure, disappointment, worry, fear, anger or grief, or something that went wrong for the
  speaker, however plainly: “They charged me anyway.”
- **Positive**: they tell pleasure, relief, affection, praise or amusement, or thanks that go beyond courtesy: “I slept for
  the first time in days, thank you.”
- **Neither**: all else. That is facts, requests and questions; not knowing and not understanding; denials and corrections;
  wanting to cancel; hard or friendly words for a plain matter (“The dog's name is Killer, he's eleven.”); and courtesies,
  plain thanks among them.

Irony counts as what is meant, and hard words said in joy as joy (“Shut up! I love it!”). Lines that three people would
hear in three ways are left out.
"""


def guide() -> str:
    """The whole page."""
    head = _HEAD.format(sure=1 - DOUBT, doubt=DOUBT)
    return "".join([head, *_side(Speaker.AGENT), *_side(Speaker.CUSTOMER), _FEELING])


def _side(side: Speaker) -> Iterator[str]:
    own = [behaviour for behaviour in behaviours().values() if behaviour.speaker is side]
    yield f"\n## Of the {side}\n"
    for behaviour in own:
        yield f"\n### `{behaviour.name}`: {behaviour.title}\n\n{behaviour.definition}\n\n"
        yield f"- Shows it: {_quoted(_example(behaviour, True))}\n- Does not: {_quoted(_example(behaviour, False))}\n"
        yield f"- Source: {behaviour.source.rstrip('.')}.\n"


def _example(behaviour: Behaviour, present: bool) -> Example:
    """The first that can be read in a line and, if there is one, needs nothing said before it."""

    def effort(example: Example) -> tuple[bool, bool]:
        # Without its capital it was written as a recogniser might, which reads badly on a page.
        text = example.said.text
        return not (_SHORTEST <= len(text.split()) <= _LONGEST and text[0].isupper()), bool(example.before)

    return min((example for example in behaviour.examples if example.present is present), key=effort)


def _quoted(example: Example) -> str:
    before = "".join(f"{said.speaker}: “{said.text}” – " for said in example.before)
    return f"{before}“{example.said.text}”"


if __name__ == "__main__":
    sys.stdout.write(guide())
