"""Which scorecards do people work on, which are in force, for which conversations, and who decided that?

A draft is edited until it is activated: then it becomes the next version of its scorecard, which judges calls from then on
and never changes once it has. Retiring takes a scorecard out of use; its versions and what they said stay. Quality managers
and administrators do all this, nobody else.

Two people may edit a draft at once. Whoever saves second has their changes put together with the other's
(`scorecards.merge`); where both changed the same thing, what was saved first stands and the other's words are kept beside
it, set aside, until somebody chooses.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, ScorecardError, StorageError
from scorecards.definition import Scorecard
from scorecards.load import Place, shipped
from scorecards.merge import Clash, merge
from scorecards.scope import Scope
from scoring.criteria import check_data
from scoring.evaluate import check_rules
from scoring.result import Verdict
from storage import audit, mapping
from storage.access import Asker, may_manage_quality, visible_calls
from storage.authorship import authored, user_id
from storage.repository import save_scorecard_version
from storage.scorecard_tables import DraftMarkRow, ScorecardDraftRow, ScorecardEventRow, ScorecardScopeRow
from storage.tables import CallRow, EvaluationRow, ScorecardVersionRow


class What(StrEnum):
    """What somebody decided about a scorecard."""

    ACTIVATED = "activated"
    RETIRED = "retired"
    RESTORED = "restored"
    SCOPE = "scope"


@dataclass(frozen=True)
class Aside:
    """What somebody wrote in a place (by keys and ids) where another's words stand; `value` None: they took it out."""

    place: Place
    value: Any
    author: str
    at: datetime


@dataclass(frozen=True)
class Draft:
    """A scorecard that is being worked on. `definition` holds the keys and values of a scorecard file, fit or not.

    based_on: the version that it began as a copy of; None for a new scorecard. edit: how often it was saved, to hand back
    when saving. editors: everybody who saved it, with the time of their last edit, by the id of the user.
    """

    id: int
    scorecard: str
    based_on: int | None
    definition: Mapping[str, Any]
    edit: int
    author: str
    updated_at: datetime
    editors: Mapping[int, tuple[str, datetime]]
    aside: tuple[Aside, ...]

    @property
    def title(self) -> str:
        """Its title, as far as it has one."""
        given = self.definition.get("title")
        return given if isinstance(given, str) and given.strip() else "Untitled scorecard"


@dataclass(frozen=True)
class VersionKept:
    """A version of a scorecard. `calls`: how many it has the word on, counted by evaluations in force."""

    scorecard: str
    version: int
    title: str
    active: bool
    questions: int
    calls: int
    created_at: datetime


@dataclass(frozen=True)
class Event:
    """What somebody decided about a scorecard, and when; `detail` is a sentence or empty."""

    what: What
    version: int | None
    detail: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Mark:
    """A person's word on what a draft's question said of a call: that `verdict` is right, or that it is not."""

    criterion: str
    call_id: str
    verdict: Verdict
    right: bool
    author: str


@dataclass(frozen=True)
class InForce:
    """What people decided on the page, for whoever chooses scorecards.

    decided: by scorecard, the version in force, None where it was retired; those that nobody decided about are left out.
    active: by scorecard, the version in force of every scorecard that is stored. scopes: what somebody said each is for.
    """

    decided: Mapping[str, Scorecard | None]
    active: Mapping[str, Scorecard]
    scopes: Mapping[str, Scope]


# Versions


def versions(session: Session, asker: Asker, scorecard: str | None = None) -> tuple[VersionKept, ...]:
    """Every version of that scorecard or of all, by scorecard, the newest first. Raises NotAllowed."""
    _only_managers(asker)
    counted = (
        select(EvaluationRow.scorecard_version_id, func.count().label("calls"))
        .where(~EvaluationRow.superseded)
        .group_by(EvaluationRow.scorecard_version_id)
        .subquery()
    )
    rows = session.execute(
        select(ScorecardVersionRow, func.coalesce(counted.c.calls, 0).label("calls"))
        .outerjoin(counted, counted.c.scorecard_version_id == ScorecardVersionRow.id)
        .where(*([ScorecardVersionRow.scorecard == scorecard] if scorecard else []))
        .order_by(ScorecardVersionRow.scorecard, ScorecardVersionRow.version.desc())
    )
    return tuple(
        VersionKept(
            row.scorecard,
            row.version,
            row.title,
            row.active,
            sum(len(section["criteria"]) for section in row.definition["sections"]),
            calls,
            row.created_at,
        )
        for row, calls in rows
    )


def load_version(session: Session, asker: Asker, scorecard: str, version: int) -> Scorecard:
    """One version. Raises NotAllowed, StorageError where there is none."""
    _only_managers(asker)
    row = session.scalar(
        select(ScorecardVersionRow).where(ScorecardVersionRow.scorecard == scorecard, ScorecardVersionRow.version == version)
    )
    if row is None:
        raise StorageError(f"There is no version {version} of the scorecard {scorecard}.")
    return mapping.scorecard_of(row.definition)


def retire(session: Session, asker: Asker, scorecard: str) -> None:
    """Take a scorecard out of use. Raises NotAllowed, StorageError where it is not in force."""
    _only_managers(asker)
    version = _active_version(session, scorecard)
    if version is None:
        raise StorageError("This scorecard is not in use.")
    session.execute(update(ScorecardVersionRow).where(ScorecardVersionRow.scorecard == scorecard).values(active=False))
    _note(session, asker, scorecard, version, What.RETIRED)


def restore(session: Session, asker: Asker, scorecard: str) -> int:
    """Put the newest version of a retired scorecard into use again; its number. Raises NotAllowed, StorageError."""
    _only_managers(asker)
    newest = _newest_version(session, scorecard)
    if newest == 0:
        raise StorageError(f"There is no scorecard {scorecard}.")
    if _active_version(session, scorecard) is not None:
        raise StorageError("This scorecard is in use.")
    _activate(session, scorecard, newest)
    _note(session, asker, scorecard, newest, What.RESTORED)
    return newest


def history(session: Session, asker: Asker, scorecard: str) -> tuple[Event, ...]:
    """Who decided what about a scorecard, the latest first. Raises NotAllowed."""
    _only_managers(asker)
    rows = session.scalars(
        select(ScorecardEventRow).where(ScorecardEventRow.scorecard == scorecard).order_by(ScorecardEventRow.id.desc())
    )
    return tuple(Event(What(row.what), row.version, row.detail, row.author, row.at) for row in rows)


# What a scorecard is for


def scopes(session: Session, asker: Asker) -> dict[str, Scope]:
    """What each scorecard is for, where somebody said so. Raises NotAllowed."""
    _only_managers(asker)
    return _scopes(session)


def set_scope(session: Session, asker: Asker, scorecard: str, scope: Scope) -> None:
    """Say which conversations a scorecard is for, from the next call on that is taken in. Raises NotAllowed."""
    _only_managers(asker)
    row = session.get(ScorecardScopeRow, scorecard)
    if row is not None and Scope.from_dict(row.scope) == scope:
        return
    if row is None:
        session.add(ScorecardScopeRow(scorecard=scorecard, scope=scope.to_dict()))
    else:
        row.scope = scope.to_dict()
    _note(session, asker, scorecard, None, What.SCOPE, f"For {scope.words()}.")


def in_force(session: Session) -> InForce:
    """What people decided, for the program itself: which scorecards judge a call that comes in."""
    active = {
        row.scorecard: mapping.scorecard_of(row.definition)
        for row in session.scalars(select(ScorecardVersionRow).where(ScorecardVersionRow.active))
    }
    decided = session.scalars(
        select(ScorecardEventRow.scorecard)
        .where(ScorecardEventRow.what.in_([What.ACTIVATED, What.RETIRED, What.RESTORED]))
        .distinct()
    )
    return InForce({name: active.get(name) for name in decided}, active, _scopes(session))


def _scopes(session: Session) -> dict[str, Scope]:
    return {row.scorecard: Scope.from_dict(row.scope) for row in session.scalars(select(ScorecardScopeRow))}


# Drafts


def drafts(session: Session, asker: Asker) -> tuple[Draft, ...]:
    """The drafts that somebody may go on with, the last edited first. Raises NotAllowed."""
    _only_managers(asker)
    rows = session.scalars(
        select(ScorecardDraftRow)
        .where(ScorecardDraftRow.closed == "")
        .order_by(ScorecardDraftRow.updated_at.desc(), ScorecardDraftRow.id.desc())
    )
    return tuple(map(_draft_of, rows))


def load_draft(session: Session, asker: Asker, draft_id: int) -> Draft:
    """One open draft. Raises NotAllowed, StorageError where there is none, or it was activated or discarded."""
    _only_managers(asker)
    return _draft_of(_open_draft(session, draft_id))


def new_draft(session: Session, asker: Asker, definition: Mapping[str, Any], based_on: int | None = None) -> Draft:
    """Begin a draft with these keys and values of a scorecard file; `based_on` a version of the same scorecard.

    A new scorecard gets an id that no other has, in small letters, digits and _. Raises NotAllowed, StorageError where there
    is no such version.
    """
    _only_managers(asker)
    wanted = definition.get("id")
    name = wanted if isinstance(wanted, str) else ""
    if based_on is None:
        name = _free_id(session, "_".join(re.findall("[a-z0-9]+", name.lower())).lstrip("0123456789_") or "scorecard")
    else:
        load_version(session, asker, name, based_on)
    now = datetime.now(UTC)
    row = ScorecardDraftRow(
        scorecard=name,
        based_on=based_on,
        definition={**definition, "id": name},
        edit=1,
        editors=_editors({}, asker, now),
        aside=[],
        created_at=now,
        updated_at=now,
        closed="",
        author_id=user_id(session, asker),
        author=asker.signature,
    )
    session.add(row)
    session.flush()
    return _draft_of(row)


def save_draft(
    session: Session, asker: Asker, draft_id: int, made_from: Mapping[str, Any], edit: int, definition: Mapping[str, Any]
) -> Draft:
    """Keep what somebody made of a draft; the draft as it is now, with what others saved in the meantime.

    made_from, edit: the definition and its number as this person had it before their changes. Raises NotAllowed,
    StorageError where the draft is no longer open.
    """
    _only_managers(asker)
    row = _open_draft(session, draft_id, lock=True)
    now = datetime.now(UTC)
    if row.edit == edit:
        data, clashes = dict(definition), tuple[Clash, ...]()
    else:
        merged = merge(made_from, definition, row.definition)
        data, clashes = merged.data, merged.clashes
    row.definition = {**data, "id": row.scorecard}
    row.edit += 1
    row.editors = _editors(row.editors, asker, now)
    by = asker.signature
    row.aside = [
        *row.aside,
        *({"place": list(c.place), "value": c.mine, "author": by, "at": now.isoformat()} for c in clashes),
    ]
    row.updated_at = now
    session.flush()
    return _draft_of(row)


def rename_scorecard(session: Session, asker: Asker, draft_id: int, name: str) -> Draft:
    """Give a scorecard that was never activated another id.

    Raises NotAllowed, InputError where the id is taken, StorageError where it is no longer a new one.
    """
    _only_managers(asker)
    row = _open_draft(session, draft_id, lock=True)
    if row.based_on is not None:
        raise StorageError("The short name of a scorecard that has been in use stays as it is.")
    if name != row.scorecard and _free_id(session, name) != name:
        raise InputError(f"The short name {name} is taken.")
    row.scorecard, row.definition, row.edit = name, {**row.definition, "id": name}, row.edit + 1
    session.flush()
    return _draft_of(row)


def drop_aside(session: Session, asker: Asker, draft_id: int, number: int) -> Draft:
    """Let go of what somebody had set aside, by its number from 0, once it is settled. Raises NotAllowed, StorageError."""
    _only_managers(asker)
    row = _open_draft(session, draft_id, lock=True)
    row.aside = [one for at, one in enumerate(row.aside) if at != number]
    session.flush()
    return _draft_of(row)


def discard_draft(session: Session, asker: Asker, draft_id: int) -> None:
    """Close a draft without activating it; it is kept. Raises NotAllowed, StorageError."""
    _only_managers(asker)
    _open_draft(session, draft_id, lock=True).closed = "discarded"
    session.flush()


def reopen_draft(session: Session, asker: Asker, draft_id: int) -> Draft:
    """Take a discarded draft up again. Raises NotAllowed, StorageError where it was not discarded."""
    _only_managers(asker)
    row = session.get(ScorecardDraftRow, draft_id)
    if row is None or row.closed != "discarded":
        raise StorageError("This draft was not discarded.")
    row.closed = ""
    session.flush()
    return _draft_of(row)


def activate_draft(session: Session, asker: Asker, draft_id: int, edit: int, scope: Scope) -> Scorecard:
    """Make a draft the next version of its scorecard, which judges calls from now on; that version.

    edit: as the person saw it who says so. Raises NotAllowed, ScorecardError with every problem it still has,
    StorageError where somebody changed it in the meantime, or it is no longer open.
    """
    _only_managers(asker)
    row = _open_draft(session, draft_id, lock=True)
    if row.edit != edit:
        raise StorageError("Somebody changed this draft since you looked at it. Look at it again before you activate it.")
    version = _newest_version(session, row.scorecard) + 1
    checked = check_data({**row.definition, "id": row.scorecard, "version": version})
    if checked.scorecard is None:
        raise ScorecardError(checked.problems)
    save_scorecard_version(session, checked.scorecard)
    _activate(session, row.scorecard, version)
    _note(session, asker, row.scorecard, version, What.ACTIVATED)
    set_scope(session, asker, row.scorecard, scope)
    row.closed = "activated"
    session.flush()
    return checked.scorecard


def put_in_force(session: Session, asker: Asker, scorecard: Scorecard, detail: str) -> Scorecard:
    """Make this the next version of a scorecard that is in use, which judges calls from now on; `detail` says why.

    Raises NotAllowed, ScorecardError with every problem of its rules.
    """
    _only_managers(asker)
    check_rules(scorecard)
    made = replace(scorecard, version=_newest_version(session, scorecard.id) + 1)
    save_scorecard_version(session, made)
    _activate(session, made.id, made.version)
    _note(session, asker, made.id, made.version, What.ACTIVATED, detail)
    return made


def _draft_of(row: ScorecardDraftRow) -> Draft:
    return Draft(
        id=row.id,
        scorecard=row.scorecard,
        based_on=row.based_on,
        definition=row.definition,
        edit=row.edit,
        author=row.author,
        updated_at=row.updated_at,
        editors={int(id_): (name, datetime.fromisoformat(at)) for id_, (name, at) in row.editors.items()},
        aside=tuple(
            Aside(tuple(one["place"]), one["value"], one["author"], datetime.fromisoformat(one["at"])) for one in row.aside
        ),
    )


def _open_draft(session: Session, draft_id: int, *, lock: bool = False) -> ScorecardDraftRow:
    chosen = select(ScorecardDraftRow).where(ScorecardDraftRow.id == draft_id)
    if lock:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(chosen)
    if row is None:
        raise StorageError(f"There is no draft {draft_id}.")
    if row.closed:
        raise StorageError(f"This draft was {row.closed} in the meantime.")
    return row


# Marks on calls


def mark_call(
    session: Session, asker: Asker, draft_id: int, criterion: str, call_id: str, verdict: Verdict, right: bool | None
) -> None:
    """Say whether what a draft's question says of a call is right; None takes the word back.

    Raises NotAllowed, StorageError where there is no such open draft, or no such call that they may see.
    """
    _only_managers(asker)
    _open_draft(session, draft_id)
    if session.scalar(select(CallRow.id).where(CallRow.id == call_id, visible_calls(asker))) is None:
        raise StorageError(f"There is no call {call_id}.")
    session.execute(
        delete(DraftMarkRow).where(
            DraftMarkRow.draft_id == draft_id, DraftMarkRow.criterion == criterion, DraftMarkRow.call_id == call_id
        )
    )
    if right is not None:
        said = {"draft_id": draft_id, "criterion": criterion, "call_id": call_id, "verdict": verdict, "right": right}
        session.add(DraftMarkRow(**said, **authored(session, asker)))
    session.flush()


def marks(session: Session, asker: Asker, draft_id: int) -> tuple[Mark, ...]:
    """What people said of a draft's answers, by question and call. Raises NotAllowed."""
    _only_managers(asker)
    rows = session.scalars(
        select(DraftMarkRow)
        .where(DraftMarkRow.draft_id == draft_id)
        .order_by(DraftMarkRow.criterion, DraftMarkRow.at, DraftMarkRow.call_id)
    )
    return tuple(Mark(row.criterion, row.call_id, Verdict(row.verdict), row.right, row.author) for row in rows)


def _only_managers(asker: Asker) -> None:
    if not may_manage_quality(asker):
        raise NotAllowed("Quality managers and administrators decide about scorecards; ask one of them.")


def _active_version(session: Session, scorecard: str) -> int | None:
    return session.scalar(
        select(ScorecardVersionRow.version).where(ScorecardVersionRow.scorecard == scorecard, ScorecardVersionRow.active)
    )


def _newest_version(session: Session, scorecard: str) -> int:
    """The highest number that a version has, 0 where there is none."""
    highest = select(func.max(ScorecardVersionRow.version)).where(ScorecardVersionRow.scorecard == scorecard)
    return session.scalar(highest) or 0


def _activate(session: Session, scorecard: str, version: int) -> None:
    session.execute(
        update(ScorecardVersionRow)
        .where(ScorecardVersionRow.scorecard == scorecard)
        .values(active=ScorecardVersionRow.version == version)
    )


def _free_id(session: Session, wanted: str) -> str:
    """That id, or where it is taken the first free one of `wanted_2`, `wanted_3`, …"""
    taken = {*session.scalars(select(ScorecardVersionRow.scorecard).distinct()), *shipped()}
    taken |= set(session.scalars(select(ScorecardDraftRow.scorecard).where(ScorecardDraftRow.closed == "")))
    names = (wanted, *(f"{wanted}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _note(session: Session, asker: Asker, scorecard: str, version: int | None, what: What, detail: str = "") -> None:
    row = {"scorecard": scorecard, "version": version, "what": what, "detail": detail}
    session.add(ScorecardEventRow(**row, **authored(session, asker)))
    session.flush()
    audit.note(session, asker, _DECIDED[what], audit.About.SCORECARD, scorecard, version=version, detail=detail)


_DECIDED = {
    What.ACTIVATED: audit.What.SCORECARD_ACTIVATED,
    What.RETIRED: audit.What.SCORECARD_RETIRED,
    What.RESTORED: audit.What.SCORECARD_RESTORED,
    What.SCOPE: audit.What.SCORECARD_SCOPE,
}


def _editors(known: Mapping[str, Sequence[str]], asker: Asker, now: datetime) -> dict[str, Any]:
    return {**known, str(asker.user_id): [asker.signature, now.isoformat()]}
