"""What people do at a call is kept once, stands beside what others did, and is read by those whom it is for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from errors import InputError, NotAllowed, StorageError
from reviews.sampling import Rule, RuleKind
from scorecards.answers import AnswerType, Choice, Options
from scoring.result import Verdict
from storage import desk, review_queue, review_rules
from storage.access import SYSTEM, Asker, Role
from storage.database import transaction
from storage.desk import Overtaken
from storage.desk_tables import PresenceRow
from storage.people import add_user
from storage.quotes import Quote
from storage.repository import load_evaluations, store_scored_call
from storage.review_fill import fill
from storage.review_queue import BlindAnswer
from storage.tables import AgentRow, OverrideRow, TeamRow
from tests.storage.build import a_scorecard, a_scored_call
from tests.storage.contents import Once


@dataclass(frozen=True)
class Room:
    """One call of Ana's in the team North, and people around it. `results` are its result ids by criterion."""

    call: str
    results: dict[str, int]
    rosa: Asker
    idris: Asker
    coach: Asker
    other_coach: Asker
    ana: Asker
    ben: Asker


def a_room(session: Session, **made: object) -> Room:
    call = a_scored_call("A call", "agent: Hello there, Ana speaking", "customer: My parcel is late", **made)  # type: ignore[arg-type]
    assert store_scored_call(session, call)
    assert store_scored_call(
        session, a_scored_call("Another", agent="Ben Okoye", team="South", scorecards=(a_scorecard("manners"),))
    )
    (stored,) = load_evaluations(session, call.transcript.call_id)

    def person(name: str, role: Role, agent: str | None = None, team: str | None = None) -> Asker:
        agent_id = session.scalar(select(AgentRow.id).where(AgentRow.name == agent)) if agent else None
        teams = session.scalars(select(TeamRow.id).where(TeamRow.name == team)).all() if team else []
        user = add_user(session, f"{name}@example.org", name, role, "x", agent_id, tuple(teams))
        return Asker(user, role, agent_id, frozenset(teams), name)

    return Room(
        call.transcript.call_id,
        dict(stored.result_ids),
        person("Rosa", Role.REVIEWER),
        person("Idris", Role.REVIEWER),
        person("Conrad", Role.COACH, team="North"),
        person("Cora", Role.COACH, team="South"),
        person("Ana", Role.AGENT, agent="Ana Ruiz"),
        person("Ben", Role.AGENT, agent="Ben Okoye"),
    )


def _a_usual_room(engine: Engine) -> Room:
    with transaction(engine) as session:
        return a_room(session)


@pytest.fixture
def room(once: Once) -> Room:
    return once(_a_usual_room)


def name(n: int) -> str:
    """A name as a browser gives it."""
    return f"browser-{n:04d}"


def _count(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(OverrideRow)).one()


# Answers


def test_accepting_is_a_persons_answer_and_needs_no_reason(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        assert desk.answer(session, room.rosa, name(1), room.results["greets"], verdict=Verdict.MET) is None
        (given,) = desk.answers_of(session, room.rosa, room.call)[room.results["greets"]]
        (stored,) = load_evaluations(session, room.call)
    assert (given.author, given.confirms, given.own, given.reason) == ("Rosa", True, True, "")
    now = stored.current.result("greets")
    assert (now.verdict, now.judged_by, now.probability) == (Verdict.MET, "person", 1.0)
    assert stored.current.total == stored.machine.total


def test_a_change_needs_a_reason_or_the_words_that_show_it(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        result = room.results["greets"]
        with pytest.raises(StorageError, match="needs a reason"):
            desk.answer(session, room.rosa, name(1), result, verdict=Verdict.NOT_MET, reason="  ")
        quote = Quote(0, "Hello there,  Ana", 0.0)
        desk.answer(session, room.rosa, name(2), result, verdict=Verdict.NOT_MET, quote=quote)
        (given,) = desk.answers_of(session, room.rosa, room.call)[result]
    assert (given.before, given.after, given.confirms) == (Verdict.MET, Verdict.NOT_MET, False)
    assert given.quote == quote


def test_deciding_where_the_machine_was_unsure_takes_one_word(engine: Engine) -> None:
    with transaction(engine) as session:
        room = a_room(session, verdicts={"thanks": "unsure"})
        desk.answer(session, room.rosa, name(1), room.results["thanks"], verdict=Verdict.NOT_MET)
        with pytest.raises(StorageError, match="An answer decides"):
            desk.answer(session, room.rosa, name(2), room.results["greets"], verdict=Verdict.UNSURE)


def test_an_answer_that_the_scorecard_wants_a_word_with_gets_one(engine: Engine) -> None:
    card = a_scorecard()
    first = replace(card.sections[0].criteria[0], comment_required=("met",))
    sections = (replace(card.sections[0], criteria=(first, *card.sections[0].criteria[1:])), card.sections[1])
    with transaction(engine) as session:
        room = a_room(session, scorecards=(replace(card, sections=sections),))
        with pytest.raises(StorageError, match="few words"):
            desk.answer(session, room.rosa, name(1), room.results["greets"], verdict=Verdict.MET)
        desk.answer(session, room.rosa, name(2), room.results["greets"], verdict=Verdict.MET, reason="Warmly.")


def test_an_option_of_the_question_is_an_answer(engine: Engine) -> None:
    steps = (Choice("1", "Poor", 0.0, Verdict.NOT_MET), Choice("2", "Fair", 0.6), Choice("3", "Good", 1.0, Verdict.MET))
    scale = Options(AnswerType.SCALE, steps)
    card = a_scorecard()
    first = replace(card.sections[0].criteria[0], answers=scale)
    sections = (replace(card.sections[0], criteria=(first, *card.sections[0].criteria[1:])), card.sections[1])
    with transaction(engine) as session:
        room = a_room(session, scorecards=(replace(card, sections=sections),), verdicts={"greets": "unsure"})
        desk.answer(session, room.rosa, name(1), room.results["greets"], answer="2")
        (given,) = desk.answers_of(session, room.rosa, room.call)[room.results["greets"]]
        assert (given.after, given.answer) == (Verdict.PARTLY, "2")
        with pytest.raises(InputError):
            desk.answer(session, room.rosa, name(2), room.results["greets"], answer="9")


def test_what_is_sent_twice_is_kept_once(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        for _ in range(3):
            desk.answer(session, room.rosa, name(1), room.results["greets"], verdict=Verdict.NOT_MET, reason="No greeting.")
            desk.comment(session, room.rosa, name(2), room.call, "Listen to this.", turn=0, start=0.0)
            desk.clip(session, room.rosa, name(3), room.call, 0.0, 2.0, good=True, about="greets")
            desk.ask_coaching(session, room.rosa, name(4), room.call, "The greeting.")
        notes = desk.notes_of(session, room.rosa, room.call)
        assert _count(session) == 1
    assert (len(notes.comments), len(notes.clips), len(notes.coaching)) == (1, 1, 1)


def test_one_browsers_name_for_a_thing_does_not_block_anothers(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.comment(session, room.rosa, name(1), room.call, "Rosa's.")
        desk.comment(session, room.idris, name(1), room.call, "Idris's.")
        said = [one.text for one in desk.notes_of(session, room.rosa, room.call).comments]
    assert said == ["Rosa's.", "Idris's."]


def test_whoever_would_answer_over_an_unseen_answer_is_told_and_neither_is_lost(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        result = room.results["greets"]
        desk.answer(session, room.rosa, name(1), result, verdict=Verdict.PARTLY, reason="Half of it.")
        held = desk.answer(session, room.idris, name(2), result, verdict=Verdict.NOT_MET, reason="None of it.")
        assert isinstance(held, Overtaken)
        assert (held.by.author, held.by.after) == ("Rosa", Verdict.PARTLY)
        assert _count(session) == 1
        again = desk.answer(
            session, room.idris, name(2), result, verdict=Verdict.NOT_MET, reason="None of it.", seen=held.by.id
        )
        given = desk.answers_of(session, room.idris, room.call)[result]
    assert again is None
    assert [(one.author, one.after) for one in given] == [("Rosa", Verdict.PARTLY), ("Idris", Verdict.NOT_MET)]


def test_ones_own_later_answer_is_not_held_back(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.answer(session, room.rosa, name(1), room.results["greets"], verdict=Verdict.PARTLY, reason="Half.")
        desk.answer(session, room.rosa, name(2), room.results["greets"], verdict=Verdict.MET, reason="Whole.")
        assert _count(session) == 2


@pytest.mark.parametrize("quote", [Quote(0, "never said"), Quote(7, "Hello"), Quote(0, " ")])
def test_words_that_are_not_in_the_call_are_no_quote(engine: Engine, room: Room, quote: Quote) -> None:
    with transaction(engine) as session, pytest.raises(StorageError, match="not in that turn"):
        desk.answer(session, room.rosa, name(1), room.results["greets"], verdict=Verdict.NOT_MET, quote=quote)


def test_what_was_quoted_is_never_rewritten(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.answer(
            session, room.rosa, name(1), room.results["greets"], verdict=Verdict.NOT_MET, quote=Quote(0, "Hello there")
        )
        desk.comment(session, room.rosa, name(2), room.call, "Hm.")
    for table, column in (("override_quotes", "quote"), ("comments", "text")):
        with pytest.raises((DBAPIError, StorageError), match="never rewritten"), transaction(engine) as session:
            session.execute(text(f"UPDATE {table} SET {column} = 'something else'"))


# Who may, and who reads


ACTS: dict[str, Callable[[Session, Asker, Room], object]] = {
    "answer": lambda session, who, room: desk.answer(session, who, name(9), room.results["greets"], verdict=Verdict.MET),
    "comment": lambda session, who, room: desk.comment(session, who, name(9), room.call, "Well."),
    "clip": lambda session, who, room: desk.clip(session, who, name(9), room.call, 0, 2, good=True, about="greets"),
    "coaching": lambda session, who, room: desk.ask_coaching(session, who, name(9), room.call, "This."),
    "here": lambda session, who, room: desk.here(session, who, room.call),
}


@pytest.mark.parametrize("act", sorted(ACTS))
@pytest.mark.parametrize("who", ["coach", "ana", "ben"])
def test_nobody_else_judges(engine: Engine, room: Room, act: str, who: str) -> None:
    with transaction(engine) as session, pytest.raises(NotAllowed):
        ACTS[act](session, getattr(room, who), room)


def test_an_agent_reads_what_is_meant_for_them_and_nobody_elses(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.comment(session, room.rosa, name(1), room.call, "For you.", turn=0, start=0.0)
        desk.comment(session, room.rosa, name(2), room.call, "Among us.", for_agent=False)
        desk.clip(session, room.rosa, name(3), room.call, 0, 2, good=True, about="greets")
        desk.clip(session, room.rosa, name(4), room.call, 0, 2, good=False, about="care/greets", for_agent=False)
        desk.ask_coaching(session, room.rosa, name(5), room.call, "The opening.")
        read = {who: desk.notes_of(session, getattr(room, who), room.call) for who in ("idris", "coach", "ana")}
        for stranger in (room.ben, room.other_coach):
            assert desk.notes_of(session, stranger, room.call) == desk.Notes()
            assert desk.answers_of(session, stranger, room.call) == {}
            assert desk.evaluations_of(session, stranger, room.call) == ()
            assert desk.coaching_asked(session, stranger) == ()
    assert [one.text for one in read["ana"].comments] == ["For you."]
    assert [one.good for one in read["ana"].clips] == [True]
    assert read["ana"].coaching == ()
    for who in ("idris", "coach"):
        assert (len(read[who].comments), len(read[who].clips), len(read[who].coaching)) == (2, 2, 1)


def test_a_coach_sees_to_what_was_asked_for(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.ask_coaching(session, room.rosa, name(1), room.call, "The opening.")
        (asked,) = desk.coaching_asked(session, room.coach)
        assert (asked.call_id, asked.note, asked.author) == (room.call, "The opening.", "Rosa")
        with pytest.raises(StorageError):
            desk.coaching_done(session, room.other_coach, asked.id)
        with pytest.raises(NotAllowed):
            desk.coaching_done(session, room.ana, asked.id)
        desk.coaching_done(session, room.coach, asked.id)
        assert desk.coaching_asked(session, room.coach) == ()
        assert desk.notes_of(session, room.rosa, room.call).coaching == ()


def test_one_takes_back_ones_own_words_and_nobody_elses(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.comment(session, room.rosa, name(1), room.call, "Too harsh.")
        (said,) = desk.notes_of(session, room.rosa, room.call).comments
        with pytest.raises(StorageError, match="yours"):
            desk.withdraw(session, room.idris, name(2), "comment", said.id)
        desk.withdraw(session, room.rosa, name(3), "comment", said.id)
        assert desk.notes_of(session, room.rosa, room.call).comments == ()


@pytest.mark.parametrize(
    ("start", "end", "about"), [(2, 1, "greets"), (0, 900, "greets"), (0, 2, "care/invented"), (0, 2, "x")]
)
def test_a_clip_is_a_stretch_of_the_call_and_an_example_of_something(
    engine: Engine, room: Room, start: float, end: float, about: str
) -> None:
    with transaction(engine) as session, pytest.raises((StorageError, InputError)):
        desk.clip(session, room.rosa, name(1), room.call, start, end, good=True, about=about)


# Who is there


def test_two_reviewers_are_told_of_each_other_until_one_leaves(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        assert desk.here(session, room.rosa, room.call) == ()
        assert desk.here(session, room.idris, room.call) == ("Rosa",)
        assert desk.here(session, room.rosa, room.call) == ("Idris",)
        gone = datetime.now(UTC) - timedelta(seconds=desk.PRESENT_SECONDS + 1)
        session.execute(update(PresenceRow).where(PresenceRow.user_id == room.idris.user_id).values(seen_at=gone))
        assert desk.here(session, room.rosa, room.call) == ()


# Blind


def test_whoever_judges_blind_reads_nothing_that_others_said(engine: Engine, room: Room) -> None:
    with transaction(engine) as session:
        desk.comment(session, SYSTEM, name(1), room.call, "The machine is wrong here.")
        desk.ask_coaching(session, SYSTEM, name(2), room.call, "See the greeting.")
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.RANDOM, since=datetime(2025, 3, 1).date(), blind_share=1.0))
        fill(session, datetime(2025, 3, 20).date())
        given = next(one for one in review_queue.assignments(session, SYSTEM) if one.call_id == room.call)
        blind = room.rosa if given.reviewer_id == room.rosa.user_id else room.idris
        desk.comment(session, blind, name(3), room.call, "Mine.")
        assert [one.text for one in desk.notes_of(session, blind, room.call).comments] == ["Mine."]
        assert desk.notes_of(session, blind, room.call).coaching == ()
        assert desk.evaluations_of(session, blind, room.call) == ()
        with pytest.raises(StorageError, match="blind"):
            desk.answer(session, blind, name(4), room.results["greets"], verdict=Verdict.MET)
        for result in room.results.values():
            review_queue.answer_blind(session, blind, given.id, result, BlindAnswer(Verdict.PARTLY))
        assert desk.judged_blind(session, blind, room.call) == {}
        review_queue.finish_blind(session, blind, given.id)
        assert desk.judged_blind(session, blind, room.call) == dict.fromkeys(room.results.values(), Verdict.PARTLY)
        assert len(desk.answers_of(session, blind, room.call)) == len(room.results)
