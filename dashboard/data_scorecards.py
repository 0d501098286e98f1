"""What do the pages about scorecards ask for and do? A part of `dashboard.data`, with caches of its own."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import data
from scorecards.definition import Scorecard
from scorecards.dump import dump_scorecard
from scorecards.load import read_scorecard
from scorecards.scope import EVERYTHING, ONLY_NAMED, Scope
from scoring.result import Verdict
from settings import settings
from storage import queries, scorecard_drafts
from storage.access import Asker
from storage.database import reading, transaction
from storage.queries import MeasuredCall
from storage.scorecard_drafts import Draft, Event, Mark, VersionKept


def versions(asker: Asker) -> dict[str, list[VersionKept]]:
    """Every version by scorecard, the newest first; the scorecards by title."""
    with reading(data.engine()) as session:
        found: dict[str, list[VersionKept]] = {}
        for version in scorecard_drafts.versions(session, asker):
            found.setdefault(version.scorecard, []).append(version)
    return dict(sorted(found.items(), key=lambda item: item[1][0].title.casefold()))


def version(asker: Asker, scorecard: str, number: int) -> Scorecard:
    """One version. Raises StorageError where there is none."""
    with reading(data.engine()) as session:
        return scorecard_drafts.load_version(session, asker, scorecard, number)


def scopes(asker: Asker) -> dict[str, Scope]:
    """What each scorecard is for, where somebody said so."""
    with reading(data.engine()) as session:
        return scorecard_drafts.scopes(session, asker)


def scope_of(known: Mapping[str, Scope], scorecard: str, *, new: bool = False) -> Scope:
    """What a scorecard is for: what somebody said; else all calls where it is new or usual, or those that name it."""
    usual = new or scorecard in settings().scorecards.split()
    return known.get(scorecard, EVERYTHING if usual else ONLY_NAMED)


def set_scope(asker: Asker, scorecard: str, scope: Scope) -> None:
    """Say what a scorecard is for."""
    with transaction(data.engine()) as session:
        scorecard_drafts.set_scope(session, asker, scorecard, scope)


def history(asker: Asker, scorecard: str) -> tuple[Event, ...]:
    """Who decided what about a scorecard, the latest first."""
    with reading(data.engine()) as session:
        return scorecard_drafts.history(session, asker, scorecard)


def retire(asker: Asker, scorecard: str) -> None:
    """Take a scorecard out of use."""
    with transaction(data.engine()) as session:
        scorecard_drafts.retire(session, asker, scorecard)
    st.cache_data.clear()


def restore(asker: Asker, scorecard: str) -> int:
    """Put a retired scorecard into use again; the number of its version."""
    with transaction(data.engine()) as session:
        number = scorecard_drafts.restore(session, asker, scorecard)
    st.cache_data.clear()
    return number


def values_of(scorecard: Scorecard) -> dict[str, Any]:
    """A scorecard as the keys and values of its file."""
    return read_scorecard(dump_scorecard(scorecard)).data or {}


def drafts(asker: Asker) -> tuple[Draft, ...]:
    """The open drafts, the last edited first."""
    with reading(data.engine()) as session:
        return scorecard_drafts.drafts(session, asker)


def draft(asker: Asker, draft_id: int) -> Draft:
    """One open draft. Raises StorageError where there is none."""
    with reading(data.engine()) as session:
        return scorecard_drafts.load_draft(session, asker, draft_id)


def new_draft(asker: Asker, definition: Mapping[str, Any], based_on: int | None = None) -> Draft:
    """Begin a draft."""
    with transaction(data.engine()) as session:
        return scorecard_drafts.new_draft(session, asker, definition, based_on)


def save_draft(asker: Asker, draft_id: int, made_from: Mapping[str, Any], edit: int, definition: Mapping[str, Any]) -> Draft:
    """Keep what somebody made of a draft, put together with what others saved in the meantime."""
    with transaction(data.engine()) as session:
        return scorecard_drafts.save_draft(session, asker, draft_id, made_from, edit, definition)


def drop_aside(asker: Asker, draft_id: int, number: int) -> Draft:
    """Let go of what somebody had set aside."""
    with transaction(data.engine()) as session:
        return scorecard_drafts.drop_aside(session, asker, draft_id, number)


def discard_draft(asker: Asker, draft_id: int) -> None:
    """Close a draft without activating it."""
    with transaction(data.engine()) as session:
        scorecard_drafts.discard_draft(session, asker, draft_id)


def reopen_draft(asker: Asker, draft_id: int) -> Draft:
    """Take a discarded draft up again."""
    with transaction(data.engine()) as session:
        return scorecard_drafts.reopen_draft(session, asker, draft_id)


def activate_draft(asker: Asker, before: Draft, scope: Scope, name: str) -> Scorecard:
    """Make a draft, as it was seen, the next version of its scorecard; a new one gets that short name."""
    with transaction(data.engine()) as session:
        renamed = name != before.scorecard
        if renamed:
            scorecard_drafts.rename_scorecard(session, asker, before.id, name)
        made = scorecard_drafts.activate_draft(session, asker, before.id, before.edit + renamed, scope)
    st.cache_data.clear()
    return made


@st.cache_resource(ttl=60, max_entries=500, show_spinner=False)
def _measured_call(asker: Asker, call_id: str) -> MeasuredCall | None:
    # The very object is handed out each time, for what is worked out of it once (its hash, its words) stays with it.
    with reading(data.engine()) as session:
        return queries.measured_call(session, asker, call_id)


def measured_calls(asker: Asker, call_ids: tuple[str, ...]) -> tuple[MeasuredCall, ...]:
    """These calls as they can be judged, without those that are not there."""
    return tuple(call for call_id in call_ids if (call := _measured_call(asker, call_id)) is not None)


def mark_call(asker: Asker, draft_id: int, criterion: str, call_id: str, verdict: Verdict, right: bool | None) -> None:
    """Say whether what a draft's question says of a call is right."""
    with transaction(data.engine()) as session:
        scorecard_drafts.mark_call(session, asker, draft_id, criterion, call_id, verdict, right)


def marks(asker: Asker, draft_id: int) -> tuple[Mark, ...]:
    """What people said of a draft's answers."""
    with reading(data.engine()) as session:
        return scorecard_drafts.marks(session, asker, draft_id)
