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
    """A recording to be heard. The rest is what the file around it says; None or empty where it doesn't."""

    path: Path
    agent_channel: int | None = None
    started_at: datetime | None = None
    agent: str = ""
    customer: str = ""
    reason: str = ""
    transfers: int | None = None


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
        path = recording.file or folder / f"dialog-{recording.dialog}{_suffix(recording.file_name)}"
        if not recording.file:
            path.write_bytes(recording.data)
        who = recording.agent, recording.customer
        about = recording.reason, recording.transfers
        sounds.append(Sound(path, recording.agent_channel, recording.started_at, *who, *about))
    try:
        return Contents(read_conversations(file), sounds)
    except TranscriptError:
        if not sounds:
            raise
        return Contents((), sounds)


def _suffix(name: str) -> str:
    """The harmless end of a file's name, with its dot; empty where it has none."""
    found = re.search(r"\.[a-z0-9]{1,5}$", name.lower())
    return found[0] if found else ""
