"""Which organisation's call is each, what was it about, when was it, and what did it come to?"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.access import Asker, visible_calls
from storage.cells import MILLIONTHS
from storage.course_cells import SOON_DAYS
from storage.queries.alike import Judged, Numbers, judged_calls
from storage.queries.conditions import FLAG, ID, MOMENT, NUMBER, TEXT
from storage.records import CallFilter
from storage.tables import CallRow, OrganisationTeamRow

ORGANISATION_CALLS: Mapping[str, str] = {
    "organisation_id": ID,
    "agent_id": ID,
    "reason": TEXT,
    "channel": TEXT,
    "started_at": MOMENT,
    "total": NUMBER,
    "failed": FLAG,
    "again": NUMBER,
    "valence_end": NUMBER,
}

_MICROSECOND = timedelta(microseconds=1)
_SINCE = datetime(1970, 1, 1, tzinfo=UTC)


def organisation_calls(session: Session, asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """A row for each evaluation of the calls, with the columns `ORGANISATION_CALLS`; best asked of one scorecard.

    `organisation_id` is whose the team was at the time, missing for our own. `again` is 1 where the same customer was in
    touch again within 7 days, 0 where not, and missing where that cannot be said yet. `valence_end` is known where the
    sentiment at the start is, too. Raises StorageError where what is counted from is damaged.
    """
    found = judged_calls(session, asker, filter, ("contact_known", "soon", "ended", "end_of_ended"))
    last = session.scalar(select(func.max(CallRow.started_at)).where(visible_calls(asker)))
    until = 0 if last is None else (last - timedelta(days=SOON_DAYS) - _SINCE) // _MICROSECOND
    known = (found.figures["contact_known"] > 0) & (found.microsecond <= until)
    ended = found.figures["end_of_ended"] / MILLIONTHS
    organisation = _organisations(session, found)
    columns = {
        "organisation_id": _missing_where_none(organisation),
        "agent_id": _missing_where_none(found.agent_id),
        "reason": pd.Series(found.reasons, dtype=TEXT).take(found.reason).array,
        "channel": pd.Series(found.channels, dtype=TEXT).take(found.channel).array,
        "started_at": pd.Series(found.microsecond.astype("datetime64[us]")).dt.tz_localize(UTC).array,
        "total": np.where(found.scored > 0, found.hundredths / 100, np.nan),
        "failed": found.failed > 0,
        "again": np.where(known, found.figures["soon"], np.nan),
        "valence_end": np.where(found.figures["ended"] > 0, ended, np.nan),
    }
    return pd.DataFrame({name: pd.Series(columns[name], dtype=kind) for name, kind in ORGANISATION_CALLS.items()})


def _organisations(session: Session, found: Judged) -> Numbers:
    """Whose each call's team was when it began (`storage.access.belonged_at_the_time`); 0 for our own."""
    organisation = np.zeros(len(found.team_id), np.int64)
    order = np.argsort(found.team_id, kind="stable")
    teams = found.team_id[order]
    belonged = select(
        OrganisationTeamRow.organisation_id,
        OrganisationTeamRow.team_id,
        OrganisationTeamRow.since,
        OrganisationTeamRow.until,
    )
    for id_, team_id, since, until in session.execute(belonged):
        own = order[np.searchsorted(teams, team_id) : np.searchsorted(teams, team_id, side="right")]
        began = found.microsecond[own]
        theirs = np.ones(len(own), np.bool_)
        if since is not None:
            theirs &= began >= (since - _SINCE) // _MICROSECOND
        if until is not None:
            theirs &= began < (until - _SINCE) // _MICROSECOND
        organisation[own[theirs]] = id_
    return organisation


def _missing_where_none(numbers: Numbers) -> pd.Series:
    return pd.Series(numbers, dtype=ID).where(numbers > 0)
