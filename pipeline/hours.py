"""By whose hours are replies to somebody's customers timed?

`ATTUNE_HOURS` says when somebody is there to answer who writes, `ATTUNE_HOURS_BY_TEAM` when for single teams.
"""

from errors import SettingsError
from settings import settings
from transcripts.hours import hours_by_team, read_hours


def hours_of(team: str | None = None) -> str:
    """The hours of a team, or of conversations without one, as they were written. Raises SettingsError naming what cannot be
    read."""
    for name, read, written in (
        ("ATTUNE_HOURS", read_hours, settings().hours),
        ("ATTUNE_HOURS_BY_TEAM", hours_by_team, settings().hours_by_team),
    ):
        try:
            read(written)
        except ValueError as wrong:
            raise SettingsError(f"{name}: {wrong}.") from wrong
    return hours_by_team(settings().hours_by_team).get(team or "", settings().hours)
