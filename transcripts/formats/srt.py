"""What does an SRT (SubRip) file say, and when?

Numbered cues with a time line such as `00:00:01,000 --> 00:00:02,500`. The format has no speakers of its own: a tag such
as `Agent: ` or `[Customer] ` at the start of a cue is one.
"""

import re

from transcripts.formats.cues import TIMES, Cue, cue_times, read_cues
from transcripts.formats.lines import Heard

NAME = "SRT"

_FORMATTING = re.compile(r"</?[biu]>|</?font[^<>]{0,100}>|\{\\[^{}]{0,40}\}", re.IGNORECASE)


def recognises(text: str) -> bool:
    """Whether a text has this shape: the first line that is not blank is a time line, or a number before one."""
    first = [line for line in text[:4096].split("\n") if line.strip()][:2]
    if first and TIMES.match(first[0]):
        return True
    return len(first) == 2 and first[0].strip().isdigit() and "-->" in first[1]


def read(text: str, file: str) -> list[Heard]:
    """The one conversation of the file. Raises TranscriptError naming the line that does not fit."""
    cues: list[Cue] = []
    lines = text.split("\n")
    heads = [(i, times) for i, line in enumerate(lines) if (times := cue_times(line, i + 1, file))]
    for position, (index, (start, end)) in enumerate(heads):
        last = heads[position + 1][0] if position + 1 < len(heads) else len(lines)
        shown = lines[index + 1 : last]
        if position + 1 < len(heads) and shown and shown[-1].strip().isdigit():
            shown = shown[:-1]  # the number of the next cue
        text_shown = " ".join(" ".join(_FORMATTING.sub("", line).split()) for line in shown).strip()
        cues.append(Cue(start, end, text_shown, index + 1))
    return read_cues(cues, NAME)
