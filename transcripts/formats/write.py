"""How is a transcript written down for others?"""

import json

from transcripts.model import Transcript


def as_jsonl(transcript: Transcript, file: str) -> str:
    """One line of JSON without its line break: the file, and the transcript as `to_dict` has it."""
    return json.dumps({"file": file, **transcript.to_dict()}, ensure_ascii=False, separators=(",", ":"))


def as_text(transcript: Transcript) -> str:
    """A line a turn, `[1:05] agent: …`; without the time where none is known."""
    lines = []
    for turn in transcript.turns:
        at = "" if turn.start is None else f"[{int(turn.start) // 60}:{int(turn.start) % 60:02}] "
        lines.append(f"{at}{turn.speaker}: {turn.text}")
    return "\n".join(lines)


def as_vtt(transcript: Transcript) -> str:
    """WebVTT subtitles with a voice tag for each side. Turns without times are left out, for a cue needs them."""
    cues = ["WEBVTT", ""]
    for turn in transcript.turns:
        if turn.start is None or turn.end is None:
            continue
        # An empty line would end the cue, and an arrow would make it invalid.
        said = " ".join(turn.text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues += [f"{_clock(turn.start)} --> {_clock(max(turn.end, turn.start + 0.001))}", f"<v {turn.speaker}>{said}", ""]
    return "\n".join(cues)


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
