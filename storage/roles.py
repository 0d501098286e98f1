"""Which roles can a person have, and what may each read and do?

`TABLE` is the one answer: every check in the program and every page reads it, the tests go through it cell by cell, and
the table in `docs/access.md` is printed from it (`python -m storage.roles`). How far a right reaches (one's own, one's
teams') stands in the queries' SQL, which `storage.access` writes from it.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is here to do; it decides what they see."""

    ADMINISTRATOR = "administrator"
    QUALITY_MANAGER = "quality_manager"
    REVIEWER = "reviewer"
    COACH = "coach"
    AGENT = "agent"


class Reach(StrEnum):
    """How far a right goes, in the words of the printed table."""

    NOTHING = "–"
    OWN = "own"
    GIVEN = "given to them"
    TEAMS = "their teams'"
    ALL = "all"


class Right(StrEnum):
    """What may be read or done, in the words of the printed table."""

    SEE_CALLS = "See, hear and take along calls with their scorecards and figures"
    CORRECT = "Review calls, correct answers and who spoke, comment, judge in calibrations"
    DISPUTE = "Say that a scorecard was read, dispute an answer"
    SEE_DISPUTES = "See disputes"
    DECIDE_DISPUTES = "Decide disputes"
    SEE_PLANS = "See coaching plans"
    COACH = "Make coaching plans and follow them"
    ANSWER_PLANS = "Confirm a plan, say something to it, lend good moments to colleagues"
    MANAGE_QUALITY = "Decide how quality is measured: scorecards, what is reviewed, calibrations, scoring the past again"
    TEACH = "Teach the machine and put what it learned in force"
    READ_RECORD = "Read in the record who changed scores, scorecards and settings"
    READ_ALL_RECORD = "Read in the record who opened which call, who signed in, and who was given which right; check it"
    HOLD = "Put calls under legal hold and release them"
    ADMINISTER = "People, teams, settings and tokens of programs; how long calls are kept, and what is kept of a person"


_ORDER = (Role.ADMINISTRATOR, Role.QUALITY_MANAGER, Role.REVIEWER, Role.COACH, Role.AGENT)
_NO, _OWN, _GIVEN, _TEAMS, _ALL = Reach.NOTHING, Reach.OWN, Reach.GIVEN, Reach.TEAMS, Reach.ALL

TABLE: Mapping[Right, Mapping[Role, Reach]] = {
    right: dict(zip(_ORDER, reaches, strict=True))
    for right, reaches in {
        #                      administrator, quality manager, reviewer, coach, agent
        Right.SEE_CALLS: (_ALL, _ALL, _ALL, _TEAMS, _OWN),
        Right.CORRECT: (_ALL, _ALL, _ALL, _NO, _NO),
        Right.DISPUTE: (_NO, _NO, _NO, _NO, _OWN),
        Right.SEE_DISPUTES: (_ALL, _ALL, _GIVEN, _TEAMS, _OWN),
        Right.DECIDE_DISPUTES: (_ALL, _ALL, _GIVEN, _NO, _NO),
        Right.SEE_PLANS: (_ALL, _ALL, _NO, _TEAMS, _OWN),
        Right.COACH: (_ALL, _ALL, _NO, _TEAMS, _NO),
        Right.ANSWER_PLANS: (_NO, _NO, _NO, _NO, _OWN),
        Right.MANAGE_QUALITY: (_ALL, _ALL, _NO, _NO, _NO),
        Right.TEACH: (_ALL, _NO, _NO, _NO, _NO),
        Right.READ_RECORD: (_ALL, _ALL, _NO, _NO, _NO),
        Right.READ_ALL_RECORD: (_ALL, _NO, _NO, _NO, _NO),
        Right.HOLD: (_ALL, _ALL, _NO, _NO, _NO),
        Right.ADMINISTER: (_ALL, _NO, _NO, _NO, _NO),
    }.items()
}
"""Who may what, and how far. Coaches correct nothing: whoever is measured by a team's scores does not also decide them."""


def reach(role: Role, right: Right) -> Reach:
    """How far this right goes for this role; nothing for a role that is none."""
    return TABLE[right].get(role, Reach.NOTHING)


def roles_with(right: Right) -> tuple[Role, ...]:
    """The roles that have this right at all."""
    return tuple(role for role in _ORDER if reach(role, right) is not Reach.NOTHING)


def as_markdown() -> str:
    """The table as it stands in the documentation."""
    names = [role.value.replace("_", " ") for role in _ORDER]
    rows = [[right.value, *(reach(role, right).value for role in _ORDER)] for right in Right]
    lines = [["what", *names], ["---"] * (len(names) + 1), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201 - this is how the documentation's table is made
