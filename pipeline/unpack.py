"""Which recordings and which conversations does a file of somebody else's hold?

A vCon can carry its recordings inside; they are written to a folder of their own to be heard like any other. It can also
name files that lie beside it. Nothing is ever fetched from elsewhere, and no name in the file leads out of its folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from errors import TranscriptError
from transcripts.formats import Conversation, read_conversations
from transcripts.formats.vcon import inline_recordings


@dataclass(frozen=True)
class Sound:
    """A recording to be heard. `agent_channel` and `started_at` are what the file around it says; None where it doesn't."""

    path: Path
    agent_channel: int | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class Contents:
    """What a file of transcripts holds: conversations with their words, and recordings without."""

    conversations: Sequence[Conversation]
    sounds: Sequence[Sound]


def contents(file: Path, folder: Path) -> Contents:
    """Everything in a file of transcripts; recordings that it carries inside are written to `folder`.

    Raises TranscriptError with one sentence where the file cannot be read or holds neither.
    """
    sounds = []
    for recording in inline_recordings(file):
        if recording.file:
            sounds.append(Sound(recording.file, recording.agent_channel, recording.started_at))
            continue
        suffix = re.search(r"\.[a-z0-9]{1,5}$", recording.file_name.lower())
        path = folder / f"dialog-{recording.dialog}{suffix[0] if suffix else ''}"
        path.write_bytes(recording.data)
        sounds.append(Sound(path, recording.agent_channel, recording.started_at))
    try:
        return Contents(read_conversations(file), sounds)
    except TranscriptError:
        if not sounds:
            raise
        return Contents((), sounds)
