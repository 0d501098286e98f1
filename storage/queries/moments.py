"""Which moments of calls show an answer: the words that it rests on, where they stand, and whether they can be heard?"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from coaching.personal import Moment
from scoring.result import Evidence, Verdict
from storage.access import Asker
from storage.mapping import searched_of
from storage.queries.conditions import OfACall, in_force, latest_with
from storage.records import CallFilter
from storage.tables import CallRow, EvaluationRow, EvidenceRow, ResultRow, ScorecardVersionRow, TurnRow
from transcripts.model import Speaker

APPLIES = "Why this question applies"
"""How the sentence begins that `scoring.evaluate` puts to the words for which a question is asked at all."""

LOOKED_AT = 30
"""Of so many latest calls the most telling are chosen; older ones are remembered by nobody."""


def moments(
    session: Session,
    asker: Asker,
    filter: CallFilter,
    scorecard: str,
    criterion: str,
    verdict: Verdict,
    limit: int = 2,
    said_by: Speaker | None = None,
) -> tuple[Moment, ...]:
    """The calls of the filter in which a criterion was answered so, those first that show it best, one moment a call.

    A moment that can be heard goes before one that can be read, and that before a sentence about the whole call; among
    alike ones the latest goes first. For an answer that rests on nothing said, the nearest thing that was found, and the
    place where the looking began. `said_by`: only words of this speaker are shown, and calls without any are left out.
    """
    which = [
        *in_force(asker, filter),
        ScorecardVersionRow.scorecard == scorecard,
        OfACall(ResultRow.criterion) == criterion,
        OfACall(ResultRow.verdict) == verdict,
    ]
    results = session.execute(
        select(
            ResultRow.id,
            ResultRow.verdict,
            ResultRow.searched,
            CallRow.id.label("call_id"),
            CallRow.started_at,
            CallRow.recording,
        )
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .join(ScorecardVersionRow, EvaluationRow.scorecard_version_id == ScorecardVersionRow.id)
        .join(CallRow, EvaluationRow.call_id == CallRow.id)
        .where(CallRow.id.in_(latest_with(asker, filter, LOOKED_AT, *which)), *which)
        .order_by(CallRow.started_at.desc(), CallRow.id)
    ).all()
    evidence: dict[int, list[Evidence]] = {}
    spoken = (
        select(EvidenceRow, TurnRow.speaker)
        .join(ResultRow, EvidenceRow.result_id == ResultRow.id)
        .join(EvaluationRow, ResultRow.evaluation_id == EvaluationRow.id)
        .outerjoin(TurnRow, (TurnRow.call_id == EvaluationRow.call_id) & (TurnRow.position == EvidenceRow.turn))
        .where(EvidenceRow.result_id.in_([result.id for result in results]))
        .order_by(EvidenceRow.result_id, EvidenceRow.position)
    )
    for row, speaker in session.execute(spoken):
        if said_by is None or (speaker is said_by and row.quote):
            found = Evidence(row.why, row.turn, row.start_seconds, row.end_seconds, row.quote)
            evidence.setdefault(row.result_id, []).append(found)
    shown: list[Moment] = []
    for result in results:
        searched = searched_of(result.searched)
        pieces = evidence.get(result.id, [])
        if said_by is None and result.verdict != Verdict.MET and searched and searched.nearest:
            pieces = [*pieces, searched.nearest]  # of what was done well, the nearest to the opposite shows nothing
        # A question applies for a reason, which is not what was said well or missed.
        pieces = [piece for piece in pieces if not piece.why.startswith(APPLIES)]
        best = next((piece for piece in pieces if piece.quote), None) or next(iter(pieces), None)
        if best is None and said_by is not None:
            continue
        why = best.why if best else f"Looked for {searched.sought}, and did not find it." if searched else ""
        shown.append(
            Moment(
                call_id=result.call_id,
                started_at=result.started_at,
                verdict=result.verdict,
                quote=best.quote if best else "",
                why=why,
                turn=best.turn if best else None,
                start=best.start if best else searched.start if searched else None,
                end=best.end if best else None,
                recorded=result.recording is not None,
            )
        )
    shown.sort(key=lambda moment: (not moment.quote, not (moment.recorded and moment.start is not None)))
    return tuple(shown[:limit])
