"""What is taken out of a call before anything of it is kept?

By default every kind of private words. `ATTUNE_PRIVATE` names the kinds for all teams, `ATTUNE_PRIVATE_BY_TEAM` others for
single ones; the words are replaced, the recording is silent where they were said, and nothing keeps what they were.
"""

from collections.abc import Collection

from errors import SettingsError
from settings import settings
from transcripts.model import Sides, Speaker, Transcript, Turn
from transcripts.private import ALL_KINDS, Kind, redact

ALL, NONE = "all", "none"


def kinds_taken_out(team: str | None = None) -> frozenset[Kind]:
    """The kinds that are taken out of the calls of a team, or of calls without one.

    Raises SettingsError naming what is no kind.
    """
    return teams_kinds().get(team or "", _kinds(settings().private, "ATTUNE_PRIVATE"))


def without_private(text: str, kinds: Collection[Kind]) -> str:
    """A text that stands for itself, such as a note or a reason, without private words of these kinds."""
    if not text:
        return text
    alone = Transcript("text", (Turn(Speaker.AGENT, None, None, text),), 0.0, 0, sides=Sides.UNKNOWN)
    return redact(alone, kinds).transcript.turns[0].text


def teams_kinds() -> dict[str, frozenset[Kind]]:
    """The teams that have kinds of their own. Raises SettingsError naming what cannot be read."""
    found: dict[str, frozenset[Kind]] = {}
    for one in filter(None, (part.strip() for part in settings().private_by_team.split(";"))):
        team, colon, kinds = one.partition(":")
        if not colon or not team.strip():
            raise SettingsError(
                f"ATTUNE_PRIVATE_BY_TEAM: {one!r} is not TEAM: KINDS; such as Payments: all; Chat: card_number"
            )
        found[team.strip()] = _kinds(kinds, f"ATTUNE_PRIVATE_BY_TEAM, {team.strip()}")
    return found


def _kinds(written: str, where: str) -> frozenset[Kind]:
    names = written.split()
    if names in ([ALL], [NONE]):
        return ALL_KINDS if names == [ALL] else frozenset()
    unknown = sorted(set(names) - set(Kind))
    if unknown or not names:
        raise SettingsError(
            f"{where}: {' '.join(unknown) or 'nothing'} is no kind; use {ALL}, {NONE} or of: {' '.join(Kind)}"
        )
    return frozenset(map(Kind, names))
