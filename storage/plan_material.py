"""What does a plan for a question begin with: which actions, and which moments of which calls?

Moments are those that reviewers marked as examples, then those in which the question was answered met or not met with words
that can be quoted. A colleague's are taken only from agents who let them be shown (`set_consent`), and only from calls that
whoever drafts the plan may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from coaching import personal
from coaching.plans import ActionKind, ClipKind, TemplateAction, usual_actions
from errors import NotAllowed, StorageError
from scoring.behaviours.corpus import behaviours
from scoring.result import Verdict
from storage import clock, queries
from storage.access import Asker, blind_calls, may, visible_calls
from storage.audit import About, What, note
from storage.authorship import user_id
from storage.desk_tables import ClipRow
from storage.plan_lists import consenting_agents
from storage.plan_tables import ExampleConsentRow, PlanTemplateRow
from storage.queries.conditions import Definitions
from storage.records import CallFilter
from storage.roles import Right
from storage.tables import CallRow, TurnRow
from transcripts.model import Speaker

SECONDS = 30.0
"""How much of a call is worth listening to at a moment: what led to it, and what came of it."""

_LEADS_IN = 5.0

MOST_QUOTED = 400
"""Letters of a stretch that are written down with it."""

EACH = 2
"""Moments of each kind that a plan is drafted with; more can be added."""


@dataclass(frozen=True)
class Moment:
    """A moment of a call that shows something; times are None in a written conversation."""

    kind: ClipKind
    call_id: str
    started_at: datetime
    turn: int | None
    start: float | None
    end: float | None
    quote: str
    note: str


_VERDICTS = {ClipKind.WELL: Verdict.MET, ClipKind.MISSED: Verdict.NOT_MET, ClipKind.COLLEAGUE: Verdict.MET}


def moments(
    session: Session,
    asker: Asker,
    agent_id: int,
    scorecard: str,
    criterion: str,
    each: int = EACH,
    kinds: Sequence[ClipKind] = tuple(ClipKind),
    until: date | None = None,
) -> tuple[Moment, ...]:
    """What could be heard in a talk about this question: so many moments of each of these kinds, from calls that the asker
    may see, up to a day where one is given; a colleague's only where they let theirs be shown."""
    marked = _marked(session, asker, agent_id, scorecard, criterion)
    found: list[Moment] = []
    for kind in kinds:
        chosen = [one for one in marked if one[0] is kind][:each]
        of_kind = [_moment_of_clip(session, *one) for one in chosen]
        if len(of_kind) < each:
            whose = CallFilter(agent_ids=(agent_id,), end=until)
            if kind is ClipKind.COLLEAGUE:
                lending = tuple(one for one in session.scalars(consenting_agents()) if one != agent_id)
                whose = CallFilter(agent_ids=lending or (-1,), end=until)
            known = {one.call_id for one in of_kind}
            answered = _answered(session, asker, whose, scorecard, criterion, kind, each + len(known))
            of_kind += [one for one in answered if one.call_id not in known][: each - len(of_kind)]
        found += of_kind
    return tuple(found)


def _marked(
    session: Session, asker: Asker, agent_id: int, scorecard: str, criterion: str
) -> list[tuple[ClipKind, ClipRow, datetime]]:
    """What reviewers marked as good or bad examples of the question, or of a behaviour that it looks for; latest first."""
    asked = Definitions(session, [scorecard]).criterion(scorecard, criterion)
    about = [f"{scorecard}/{criterion}", *sorted(_named(asked.rule.params) & set(behaviours()))]
    own = CallRow.agent_id == agent_id
    lent = CallRow.agent_id.in_(consenting_agents()) & ClipRow.good
    rows = session.execute(
        select(ClipRow, CallRow.started_at, own.label("own"))
        .join(CallRow, ClipRow.call_id == CallRow.id)
        .where(ClipRow.about.in_(about), ClipRow.withdrawn_at.is_(None), own | lent)
        .where(visible_calls(asker), CallRow.id.not_in(blind_calls(asker)))
        .order_by(CallRow.started_at.desc(), ClipRow.id)
        .limit(50)
    )

    def kind(clip: ClipRow, is_own: bool) -> ClipKind:
        return (ClipKind.WELL if clip.good else ClipKind.MISSED) if is_own else ClipKind.COLLEAGUE

    return [(kind(clip, is_own), clip, started_at) for clip, started_at, is_own in rows]


def _moment_of_clip(session: Session, kind: ClipKind, clip: ClipRow, started_at: datetime) -> Moment:
    said = _agents_words(session, clip)
    return Moment(kind, clip.call_id, started_at, None, clip.start_seconds, clip.end_seconds, said, clip.note)


def _agents_words(session: Session, clip: ClipRow) -> str:
    """What the agent said in a stretch: the words of the customer are not theirs to lend."""
    said = session.scalars(
        select(TurnRow.text)
        .where(TurnRow.call_id == clip.call_id, TurnRow.speaker == Speaker.AGENT)
        .where(TurnRow.start_seconds < clip.end_seconds, TurnRow.end_seconds > clip.start_seconds)
        .order_by(TurnRow.position)
    )
    return " ".join(" ".join(said).split())[:MOST_QUOTED]


def _named(value: Any) -> set[str]:
    """Every word that stands anywhere in the parameters of a rule."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return set().union(*map(_named, value.values()))
    return set().union(*map(_named, value)) if isinstance(value, list | tuple) else set()


def _answered(
    session: Session, asker: Asker, whose: CallFilter, scorecard: str, criterion: str, kind: ClipKind, limit: int
) -> list[Moment]:
    """The latest calls with the answer of this kind: what can be quoted first. Of colleagues none but their own words."""
    said_by = Speaker.AGENT if kind is ClipKind.COLLEAGUE else None
    found = queries.moments(session, asker, whose, scorecard, criterion, _VERDICTS[kind], limit, said_by)
    return [_with_its_lead(one, kind) for one in found if one.quote or kind is ClipKind.MISSED]


def _with_its_lead(one: personal.Moment, kind: ClipKind) -> Moment:
    """Half a minute around what shows the answer: what led to it, and what came of it."""
    start = None if one.start is None else max(0.0, one.start - _LEADS_IN)
    end = None if start is None else start + SECONDS
    return Moment(kind, one.call_id, one.started_at, one.turn, start, end, one.quote, "" if one.quote else one.why)


# Consent


def consents(session: Session, asker: Asker) -> bool:
    """Whether the asking agent lets good moments of their calls be shown to colleagues; False for everybody else."""
    if not may(asker, Right.ANSWER_PLANS) or asker.agent_id is None:
        return False
    return session.scalar(consenting_agents().where(ExampleConsentRow.agent_id == asker.agent_id)) is not None


def set_consent(session: Session, asker: Asker, given: bool) -> None:
    """The asking agent lets good moments of their calls be shown to colleagues from now on, or no longer.

    Raises NotAllowed for others: nobody consents for somebody else.
    """
    if not may(asker, Right.ANSWER_PLANS) or asker.agent_id is None:
        raise NotAllowed("Agents say for themselves whether their calls may be shown as examples.")
    session.add(ExampleConsentRow(agent_id=asker.agent_id, given=given, at=clock.now()))
    session.flush()
    note(session, asker, What.CONSENT_CHANGED, About.AGENT, asker.agent_id, given=given)


# Templates


@dataclass(frozen=True)
class Template:
    """The actions that plans for a question begin with; `author` is empty where nobody has made one."""

    actions: tuple[TemplateAction, ...]
    author: str


def may_coach_at_all(asker: Asker) -> bool:
    """Whether this person makes plans for anybody."""
    return may(asker, Right.COACH)


def template(session: Session, asker: Asker, scorecard: str, criterion: str) -> Template:
    """What plans for this question begin with: what a coach last saved, else what the scorecard's tip makes.

    Raises NotAllowed for whoever makes no plans, StorageError where there is no such question.
    """
    _check_makes_plans(asker)
    saved = (
        select(PlanTemplateRow)
        .where(PlanTemplateRow.scorecard == scorecard, PlanTemplateRow.criterion == criterion)
        .order_by(PlanTemplateRow.id.desc())
        .limit(1)
    )
    row = session.scalar(saved) if asker.organisation_id is None else None  # what our coaches write is for our own
    if row is not None:
        actions = tuple(TemplateAction(ActionKind(one["kind"]), one["words"], one["days"]) for one in row.actions)
        return Template(actions, row.author)
    return Template(usual_actions(_question(session, scorecard, criterion).tip), "")


def save_template(session: Session, asker: Asker, scorecard: str, criterion: str, actions: Sequence[TemplateAction]) -> None:
    """From now on plans for this question begin with these actions.

    Raises NotAllowed for whoever makes no plans, StorageError where there is no such question, or nothing to do.
    """
    _check_makes_plans(asker)
    if asker.organisation_id is not None:
        raise NotAllowed("What plans begin with is the same for all, and is decided by the centre's own coaches.")
    _question(session, scorecard, criterion)
    kept = [{"kind": one.kind.value, "words": one.words.strip(), "days": max(0, one.days)} for one in actions]
    if not kept or not all(one["words"] for one in kept):
        raise StorageError("A template has at least one action, and each says what to do.")
    session.add(
        PlanTemplateRow(
            scorecard=scorecard,
            criterion=criterion,
            actions=kept,
            author_id=user_id(session, asker),
            author=asker.signature,
            at=clock.now(),
        )
    )
    session.flush()


def _check_makes_plans(asker: Asker) -> None:
    if not may_coach_at_all(asker):
        raise NotAllowed("Coaches and quality managers make coaching plans.")


def _question(session: Session, scorecard: str, criterion: str) -> Any:
    """A question of a scorecard, as its newest version has it. Raises StorageError where there is none."""
    try:
        return Definitions(session, [scorecard]).criterion(scorecard, criterion)
    except KeyError:
        raise StorageError(f"There is no question {criterion} in a scorecard {scorecard}.") from None
