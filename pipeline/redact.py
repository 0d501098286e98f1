"""How does a conversation read without its private words, for somebody who wants to see it before it is stored?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from errors import AttuneError
from pipeline.listen import Listening
from pipeline.private import kinds_taken_out
from pipeline.score import conversations_of
from transcripts.formats.write import as_jsonl
from transcripts.private import Redacted, redact

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class RedactedFile:
    """A conversation of a file without its private words."""

    file: str
    redacted: Redacted

    def to_dict(self) -> dict[str, Any]:
        """A line as `transcribe` writes it, with where something was taken out."""
        line: dict[str, Any] = json.loads(as_jsonl(self.redacted.transcript, self.file))
        return {**line, "removed": [asdict(one) for one in self.redacted.removed]}


def redact_files(files: Sequence[Path], listening: Listening) -> Iterator[RedactedFile | str]:
    """Each conversation of each file as it would be stored, or the sentence that says why a file cannot be read.

    Raises SettingsError where it cannot be read what is private.
    """
    kinds = kinds_taken_out()
    for file in files:
        try:
            for transcript in conversations_of(file, listening):
                yield RedactedFile(str(file), redact(transcript, kinds))
        except AttuneError as wrong:
            yield str(wrong)


def redact_text(text: bytes, listening: Listening) -> Iterator[RedactedFile | str]:
    """The same for the text of a file of transcripts."""
    with TemporaryDirectory(prefix="attune-") as folder:
        file = Path(folder) / "standard input.jsonl"
        file.write_bytes(text)
        for outcome in redact_files([file], listening):
            yield outcome if isinstance(outcome, str) else RedactedFile(STANDARD_INPUT, outcome.redacted)
