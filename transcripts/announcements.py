"""Which words of a call did a recording speak?

A recorded voice tells the caller to press one, how many are before them, and that the call may be recorded. It stands on
either channel, before the agent's own greeting or while the call is on hold, and its words are nobody's side. It is told
from a live agent, who may say such things too, by three things together: what is said, where, and whether it is repeated.
English only: in another language nothing is taken for a recording.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from transcripts.model import Sound, SoundKind, Span, Word, merge_spans
from transcripts.roles import sounds_like_agent

_NUMBER = r"(?:zero|one|two|three|four|five|six|seven|eight|nine|\d|star|hash|pound|the (?:star|hash|pound) key)"

# What only a recording says, also in a hold.
_QUEUE = (
    r"your call is (?:very |really |extremely )?important to us",
    r"all (?:of )?our (?:\w+ ){0,3}(?:are|is) (?:currently |still |all )*(?:busy|assisting|helping|serving|taking)",
    r"you are (?:currently |now )?(?:caller )?(?:number|next|\w+ in (?:the|our) (?:queue|line))\b",
    r"your (?:current )?(?:place|position) in (?:the|our) (?:queue|line)",
    r"(?:estimated|expected|approximate|current|average) (?:wait|waiting|hold) times?|continue to hold",
    r"(?:we are|we're) (?:currently )?experiencing (?:\w+ )?(?:high|heavy|large)",
    r"(?:answer your call|be answered|take your call) (?:shortly|as soon as|in the order|momentarily)",
)
# What an agent who is already there may say as well, but not before a greeting.
_MENU = (
    r"(?:stay|remain) on the line|hold the line|(?:be with you|assist you) (?:shortly|as soon as|in a moment)",
    r"(?:press|dial|enter|push) (?:zero|one|two|three|four|five|six|seven|eight|nine|\d|star|hash|pound|the \w+ key)\b",
    r"for [^.?!]{2,60}, (?:please )?(?:press|say|dial)|if you know your party's extension",
    r"next available (?:\w+ )?(?:agent|adviser|advisor|representative|operator|member|colleague|person)",
    r"(?:we are|you will be|you are being|your call is being) (?:now )?(?:connect\w*|transferr\w*|put through)",
    r"(?:listen|listening) carefully|menu options|main menu|to (?:repeat|hear) (?:this|these|the) (?:\w+ )?options?",
    r"(?:after|at) the (?:tone|beep)|we (?:apologi[sz]e|are sorry) for (?:the|any) (?:delay|wait)",
)
# What an agent says in a greeting as well.
_ALSO_LIVE = (
    r"(?:calls?|lines?|conversations?|it)\b[^.?!]{0,40}\b(?:recorded|monitored)",
    r"(?:we )?(?:record|monitor) (?:all |our |your |this )?calls?",
    r"recorded (?:line|for)|for (?:training|quality)",
    r"(?:welcome to|thank you for calling|thanks for calling|thank you for (?:holding|waiting|your patience))",
    r"visit (?:us|our)|our website|did you know|opening hours",
)
# What a recording does not say: I, a name of its own, an offer to help.
_LIVE = (
    r"i\b|my name(?: is|'s)|speaking[,.?]|you(?:'re| are) (?:speaking|talking) (?:to|with)",
    r"how (?:can|may|could) (?:i|we) (?:help|assist)|what can (?:i|we) do for you",
    r"(?:hello|hi|morning|afternoon|evening|calling [^.?!]{2,40}),? (?:this is|it's) \w+",
    r"this is \w+(?:[,.]|\.? how| speaking| \w+ (?:from|at|in) | (?:from|at|in) )",
)
_GREETING = re.compile(r"(?:hello|hi|good (?:morning|afternoon|evening)|thank you for calling|thanks for calling|welcome)\b")

_QUEUES, _MENUS, _EITHER, _LIVELY = (
    re.compile(rf"\b(?:{'|'.join(patterns)})") for patterns in (_QUEUE, _MENU, _ALSO_LIVE, _LIVE)
)

# Between the end of a recording and somebody who picks up.
PICK_UP_SECONDS = 0.5
# A pause that ends a sentence where the recogniser set no full stop.
PAUSE_SECONDS = 0.8
# From here on, in log-odds, words are an agent's: one clear greeting (see roles.py).
AGENT_LOG_ODDS = 4.0
# Sentences of one recording follow each other within this.
RUN_PAUSE_SECONDS = 2.5
# How near to music or ringing a recording on hold begins or ends, and the silence on both sides that does as well.
NEAR_SECONDS = 6.0
SILENT_SECONDS = 4.0
# A recording is repeated word for word; people repeat short answers.
FEWEST_REPEATED_WORDS = 5
# Fewer words than these from the other side (`hello?`) do not begin a conversation.
FEWEST_ANSWERING_WORDS = 3


@dataclass(frozen=True)
class _Sentence:
    words: tuple[Word, ...]

    @property
    def span(self) -> Span:
        return Span(self.words[0].start, max(word.end for word in self.words))

    @property
    def text(self) -> str:
        return " ".join("".join(word.text for word in self.words).casefold().split())

    @property
    def plain(self) -> str:
        """The words alone, to see whether they are said again."""
        return " ".join(re.findall(r"[\w']+", self.text))


def find_announcements(
    channels: Sequence[Sequence[Word]], sounds: Sequence[Sound], language: str = "en"
) -> list[tuple[Sound, ...]]:
    """The recorded announcements on each channel, in order, given its words and the ringing and music of the call."""
    if language != "en":
        return [() for _ in channels]
    sentences = [_sentences(words) for words in channels]
    noise = [sound.span for sound in sounds]
    found: list[tuple[Sound, ...]] = []
    for number, own in enumerate(sentences):
        others = [sentence for n, other in enumerate(sentences) if n != number for sentence in other]
        opening = _before_the_greeting(own, others, noise)
        spans = [sentence.span for sentence in (*own[:opening], *_on_hold(own[opening:], others, noise))]
        found.append(
            tuple(Sound(SoundKind.ANNOUNCEMENT, span.start, span.end) for span in merge_spans(spans, RUN_PAUSE_SECONDS))
        )
    return found


def _sentences(words: Sequence[Word]) -> list[_Sentence]:
    sentences: list[list[Word]] = []
    for before, word in pairwise([None, *words]):
        assert word is not None
        ended = before is None or before.text.rstrip().endswith((".", "?", "!"))
        if before is None or ended or word.start - before.end >= PAUSE_SECONDS:
            sentences.append([])
        sentences[-1].append(word)
    return [_Sentence(tuple(sentence)) for sentence in sentences]


def _before_the_greeting(own: Sequence[_Sentence], others: Sequence[_Sentence], noise: Sequence[Span]) -> int:
    """How many sentences at the beginning of a channel a recording spoke."""
    answers = [sentence for sentence in others if len(sentence.words) >= FEWEST_ANSWERING_WORDS]
    first_answer = min((sentence.span.start for sentence in answers), default=float("inf"))
    count, alone = 0, False
    for number, sentence in enumerate(own):
        if sentence.span.start >= first_answer or _LIVELY.search(sentence.text):
            break
        machine = bool(_QUEUES.search(sentence.text) or _MENUS.search(sentence.text))
        if machine or _EITHER.search(sentence.text):
            count, alone = number + 1, alone or machine
    if not count or alone:
        return count
    # Nothing that a live agent would not say. It was a recording where somebody picks up after it: greets anew on this
    # channel before anybody answers, or greets on the other.
    last, rest = own[count - 1].span.end, own[count : count + 3]
    if _greets(answers[:3]) and not _greets(rest):
        return count
    after = [sentence for sentence in rest if sentence.span.start < first_answer]
    if not after or not any(_LIVELY.search(sentence.text) for sentence in after):
        return 0
    gap = Span(last, max(last, after[0].span.start))
    picked_up = gap.duration >= PICK_UP_SECONDS or any(gap & span for span in noise)
    return count if picked_up and _GREETING.match(after[0].text) else 0


def _greets(sentences: Sequence[_Sentence]) -> bool:
    """Whether somebody speaks as agents do."""
    return sounds_like_agent(" ".join(sentence.text for sentence in sentences)) >= AGENT_LOG_ODDS


def _on_hold(own: Sequence[_Sentence], others: Sequence[_Sentence], noise: Sequence[Span]) -> list[_Sentence]:
    """The sentences that a recording spoke between music, ringing or silence."""
    times = Counter(sentence.plain for sentence in own if len(sentence.words) >= FEWEST_REPEATED_WORDS)
    found: list[_Sentence] = []
    for run in _runs_of(own):
        span = Span(run[0].span.start, run[-1].span.end)
        if any(_LIVELY.search(sentence.text) for sentence in run):
            continue
        if any(span & other.span for other in others if len(other.words) >= FEWEST_ANSWERING_WORDS):
            continue
        before = _is_near(noise, span.start - NEAR_SECONDS, span.start)
        after = _is_near(noise, span.end, span.end + NEAR_SECONDS)
        alone = any(_QUEUES.search(sentence.text) for sentence in run)
        either = any(_MENUS.search(sentence.text) or _EITHER.search(sentence.text) for sentence in run)
        repeated = any(times[sentence.plain] > 1 for sentence in run)
        if (
            ((alone or repeated) and (before or after))
            or (alone and _is_in_silence(span, [*own, *others]))
            or (either and before and after)
        ):
            found += run
    return found


def _runs_of(sentences: Sequence[_Sentence]) -> list[list[_Sentence]]:
    runs: list[list[_Sentence]] = []
    for sentence in sentences:
        if runs and sentence.span.start - runs[-1][-1].span.end < RUN_PAUSE_SECONDS:
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return runs


def _is_near(spans: Sequence[Span], start: float, end: float) -> bool:
    return any(span.start <= end and span.end >= start for span in spans)


def _is_in_silence(span: Span, said: Sequence[_Sentence]) -> bool:
    """Whether nobody says anything for some seconds before a stretch and after it."""
    around = (Span(span.start - SILENT_SECONDS, span.start), Span(span.end, span.end + SILENT_SECONDS))
    return not any(sentence.span & quiet for sentence in said for quiet in around)
