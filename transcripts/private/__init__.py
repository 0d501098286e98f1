"""What private words does a conversation hold, and how does it read without them?

`redact(transcript, kinds)` is the one way in; `kinds.py` says what counts, `spoken.py` reads digits and letters as they
are said, `cues.py` what announces them, `numbers.py`, `phrases.py` and `find.py` decide, `silence.py` is for the sound.
"""

from transcripts.private.kinds import ALL_KINDS, Kind, Removed
from transcripts.private.redact import Redacted, redact, removed_from

__all__ = ["ALL_KINDS", "Kind", "Redacted", "Removed", "redact", "removed_from"]
