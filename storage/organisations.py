"""Who speaks for us: which companies are there, and which teams belong to which of them, since when?

A team of which nothing is said is our own. A team that changes hands keeps its past: what was taken while it belonged to one
company counts for that one, in comparisons and in what a partner's people may see (`storage.access`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from storage import clock
from storage.access import Asker, Right, may, may_manage_quality
from storage.audit import About, What, note
from storage.authorship import authored
from storage.tables import OrganisationRow, OrganisationTeamRow, TeamRow, UserRow

OUR_OWN = "Our own"
"""What the teams are called together that belong to no organisation that was entered."""


class OrganisationKind(StrEnum):
    """What an organisation is to us."""

    OURS = "ours"
    OUTSOURCER = "outsourcer"
    AGENCY = "agency"
    FIELD_SERVICE = "field_service"

    @property
    def words(self) -> str:
        """It in plain words."""
        return {"ours": "a part of our own"}.get(self.value, self.value.replace("_", " "))


@dataclass(frozen=True)
class Organisation:
    """A company that speaks for us, its teams of today by id, and how many people of it can sign in as other than agents."""

    id: int
    name: str
    kind: OrganisationKind
    teams: Mapping[int, str]
    people: int


@dataclass(frozen=True)
class Belonging:
    """A time in which a team belonged to an organisation, and who entered it when. `since` is None for ever since there is
    the team, `until` the first day on which it no longer did; None while it does."""

    team: str
    organisation: str
    since: date | None
    until: date | None
    author: str
    at: datetime


def list_organisations(session: Session, asker: Asker) -> tuple[Organisation, ...]:
    """Those that were entered, by name. Raises NotAllowed for others than who manages quality: a partner is told of no
    other."""
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators see which organisations there are.")
    teams: dict[int, dict[int, str]] = {}
    for belongs, team_id, team in session.execute(
        select(OrganisationTeamRow.organisation_id, TeamRow.id, TeamRow.name)
        .join(TeamRow, TeamRow.id == OrganisationTeamRow.team_id)
        .where(OrganisationTeamRow.until.is_(None))
        .order_by(TeamRow.name)
    ):
        teams.setdefault(belongs, {})[team_id] = team
    own = UserRow.organisation_id.is_not(None) & UserRow.active
    counted = select(UserRow.organisation_id, func.count().label("number")).where(own).group_by(UserRow.organisation_id)
    people = {row.organisation_id: row.number for row in session.execute(counted)}
    return tuple(
        Organisation(row.id, row.name, OrganisationKind(row.kind), teams.get(row.id, {}), people.get(row.id, 0))
        for row in session.scalars(select(OrganisationRow).order_by(OrganisationRow.name))
    )


def organisation_called(session: Session, asker: Asker, name: str) -> Organisation:
    """The one of this name. Raises as `list_organisations`, and StorageError where there is none."""
    every = list_organisations(session, asker)
    found = next((one for one in every if one.name.casefold() == name.strip().casefold()), None)
    if found is None:
        known = ", ".join(one.name for one in every) or "none; add one with `organisations add`"
        raise StorageError(f"There is no organisation {name.strip()!r}. There are: {known}.")
    return found


def add_organisation(session: Session, asker: Asker, name: str, kind: OrganisationKind) -> int:
    """A new organisation without teams; its id. Raises NotAllowed for others than administrators, InputError for a name that
    is none or taken."""
    _only_administrators(asker)
    row = OrganisationRow(name=_free_name(session, name, None), kind=kind.value, created_at=clock.now())
    session.add(row)
    session.flush()
    note(session, asker, What.ORGANISATION_ADDED, About.ORGANISATION, row.id, name=row.name, kind=kind.value)
    return row.id


def change_organisation(
    session: Session, asker: Asker, organisation_id: int, name: str, kind: OrganisationKind | None = None
) -> None:
    """Call an organisation something else, in its past too, and say that it is of this kind; None leaves the kind.

    Its teams, its people and what they see stay. Raises as `add_organisation`, and InputError where there is no such one.
    """
    _only_administrators(asker)
    row = session.get(OrganisationRow, organisation_id)
    if row is None:
        raise InputError("There is no such organisation.")
    before = {"name": row.name, "kind": row.kind}
    after = {"name": _free_name(session, name, row.id), "kind": row.kind if kind is None else kind.value}
    if after == before:
        return
    row.name, row.kind = after["name"], after["kind"]
    session.flush()
    note(session, asker, What.ORGANISATION_CHANGED, About.ORGANISATION, row.id, before=before, after=after)


def _free_name(session: Session, name: str, own: int | None) -> str:
    """The name without spaces around it. Raises InputError where it is none, or that of another than `own`."""
    name = name.strip()
    if not name:
        raise InputError("An organisation needs a name.")
    others = session.execute(select(OrganisationRow.id, OrganisationRow.name)).all()
    taken = {other.casefold() for id_, other in others if id_ != own} | {OUR_OWN.casefold()}
    if name.casefold() in taken:
        raise InputError(f"There is an organisation {name} already.")
    return name


def assign_team(
    session: Session, asker: Asker, team_id: int, organisation_id: int | None, on: date | None, today: date
) -> None:
    """From this day (UTC) on the team belongs to the organisation; None is our own. Without a day: ever since there is the
    team, which can be said of a team only once.

    What it took before stays with whom it belonged to then. Entered again for the day of its last change, it takes the place
    of that. Raises NotAllowed for others than administrators, InputError for a day to come or one before the last change,
    and where the team belongs there.
    """
    _only_administrators(asker)
    team = session.get(TeamRow, team_id)
    organisation = None if organisation_id is None else session.get(OrganisationRow, organisation_id)
    if team is None or (organisation_id is not None and organisation is None):
        raise InputError("There is no such team or organisation.")
    if on is not None and on > today:
        raise InputError("That day is yet to come. Enter the change when it has happened.")
    since = None if on is None else datetime.combine(on, time(), UTC)
    times = session.scalars(
        select(OrganisationTeamRow)
        .where(OrganisationTeamRow.team_id == team_id)
        .order_by(OrganisationTeamRow.id)
        .with_for_update()
    ).all()
    last = times[-1] if times else None
    before = last.organisation_id if last is not None and last.until is None else None
    if before == organisation_id:
        raise InputError(f"{team.name} belongs there: {organisation.name if organisation else OUR_OWN}.")
    if last is not None:
        _end(session, last, since, team.name)
    if organisation_id is not None:
        held = {"organisation_id": organisation_id, "team_id": team_id, "since": since, "until": None}
        session.add(OrganisationTeamRow(**held, **authored(session, asker)))
    session.flush()
    details = {"before": before, "after": organisation_id, "on": on.isoformat() if on else "ever"}
    note(session, asker, What.TEAM_ASSIGNED, About.TEAM, team_id, **details)


def _end(session: Session, last: OrganisationTeamRow, since: datetime | None, team: str) -> None:
    """End the time in which a team last belonged somewhere, or take it back where it would have lasted no day.

    Raises InputError where it began, or ended, later than that.
    """
    changed = last.until or last.since
    if changed is not None and (since is None or since < changed):
        raise InputError(f"{team} changed hands on {changed:%d %B %Y}; nothing before that can be entered any more.")
    if last.until is not None:
        return
    if last.since == since:
        session.delete(last)
        session.flush()
    else:
        last.until = since


def list_belongings(session: Session, asker: Asker) -> tuple[Belonging, ...]:
    """Every time in which a team belonged to an organisation, the latest entered first. Raises as `list_organisations`."""
    names = {one.id: one.name for one in list_organisations(session, asker)}
    rows = session.execute(
        select(OrganisationTeamRow, TeamRow.name)
        .join(TeamRow, TeamRow.id == OrganisationTeamRow.team_id)
        .order_by(OrganisationTeamRow.id.desc())
    )
    return tuple(
        Belonging(team, names[row.organisation_id], _day(row.since), _day(row.until), row.author, row.at)
        for row, team in rows
    )


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _only_administrators(asker: Asker) -> None:
    if not may(asker, Right.ADMINISTER):
        raise NotAllowed("Administrators say which organisations there are and which teams belong to them; ask one of them.")
