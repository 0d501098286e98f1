"""A written conversation that goes on after it was taken in is one call, measured and judged anew, on either database."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

import pipeline.ingest
import pipeline.score
from pipeline.arrivals import ingest_files
from pipeline.ingest import Outcome, State
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN, Listed
from pipeline.originals import vcon_of
from pipeline.rotate import rotate
from pipeline.score import Judged, Work, hear_and_judge
from pipeline.sides import reassign_turn, swap_sides
from pipeline.verify import verify_call
from reviews.sampling import Rule, RuleKind
from reviews.sides import SideChange
from scoring.result import Verdict
from settings import settings
from storage import audit, queries, repository, review_fill, review_queue, review_rules, tallies
from storage.access import SYSTEM, Role
from storage.audit_check import all_entries
from storage.database import reading, transaction
from storage.identities import hidden
from storage.records import CallDetails, CallFilter, StoredEvaluation
from storage.removal import remove_words
from storage.tables import EvaluationRow
from storage.thread_tables import MarkOf, ThreadRow
from tests.on_postgresql import on_one_database
from tests.pipeline.doors import ANN, BOB, CARD, CARE, Doors, a_mail, here, measured
from tests.storage.build import correct
from tests.storage.contents import Contents
from transcripts.model import Speaker

HEADING = "conversation,channel,speaker,sent_at,text\n"
ASKED = "1,chat,customer,2026-03-02T09:00Z,Where is my refund for the kettle?"
ANSWERED = "1,chat,agent,2026-03-02T09:10Z,I have asked the warehouse."
AGAIN = "1,chat,customer,2026-03-02T09:20Z,That was a week ago. Where is it?"
SORRY = "1,chat,agent,2026-03-02T10:00Z,I am sorry. It goes out today."
THANKS = "1,chat,customer,2026-03-02T10:05Z,Thanks."
SHORT = (ASKED, ANSWERED, AGAIN)
LONG = (*SHORT, SORRY, THANKS)
LATER = "2,chat,customer,2026-03-02T15:00Z,Hello?"


TakeIn = Callable[..., list[Outcome]]


@pytest.fixture
def engine(shared_contents: tuple[Engine, Contents], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An empty database of either kind, and a home of its own."""
    opened, contents = shared_contents
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ATTUNE_DATABASE_URL", opened.url.render_as_string(hide_password=False))
    settings.cache_clear()
    monkeypatch.setattr("pipeline.arrivals.open_database", lambda url: opened)  # which would open one for each export
    yield opened
    contents.empty()
    settings.cache_clear()


@pytest.fixture
def export(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> TakeIn:
    """Takes in exports, each a list of rows, in one go; of what is measured only what these questions ask for."""
    card = tmp_path / "reply_card.yaml"
    card.write_text(CARD)
    monkeypatch.setenv("ATTUNE_SCORECARDS", str(card))  # the usual ones would be read, and not used
    monkeypatch.setenv("ATTUNE_CHANNEL_SCORECARDS", "")
    settings.cache_clear()
    monkeypatch.setattr(pipeline.score, "measure", measured)
    monkeypatch.setattr(pipeline.ingest, "spread", here)

    def take_in(*exports: Sequence[str]) -> list[Outcome]:
        folder = tmp_path / "exports"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for number, rows in enumerate(exports):
            (folder / f"{number}.csv").write_text(HEADING + "".join(f"{row}\n" for row in rows))
        return take(card, *sorted(folder.iterdir()))

    return take_in


def take(card: Path, *files: Path) -> list[Outcome]:
    return ingest_files(files, NOTHING_KNOWN, Listening.from_settings(settings()), [str(card)])


def the_call(engine: Engine, number: int = 1) -> CallDetails:
    """The one call there is, or the first of so many."""
    with reading(engine) as session:
        ids = repository.call_ids(session)
        assert len(ids) == number
        details = queries.call_details(session, SYSTEM, ids[0])
    assert details is not None
    return details


def judged(details: CallDetails) -> StoredEvaluation:
    (stored,) = details.evaluations
    return stored


def verdicts(details: CallDetails) -> dict[str, Verdict]:
    return {result.criterion: result.verdict for result in judged(details).current.results}


def said(details: CallDetails) -> list[str]:
    return [turn.text for turn in details.transcript.turns]


def texts(*rows: str) -> list[str]:
    return [row.split(",", 4)[4] for row in rows]


def test_a_conversation_that_went_on_is_the_same_call_judged_anew_with_all_of_it(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    before = the_call(engine)
    assert verdicts(before)["in_time"] is Verdict.UNSURE
    (outcome,) = export(LONG)
    assert (outcome.state, outcome.reason) == (State.SCORED, "went on: 2 more messages, judged again")
    after = the_call(engine)
    assert outcome.call_id == after.call_id == before.call_id
    assert said(after) == texts(*LONG)
    assert verdicts(after)["in_time"] is verdicts(after)["sorry"] is Verdict.MET
    (change,) = after.side_corrections
    assert (change.kind, change.author, len(change.turns)) == (SideChange.WENT_ON, "Attune", 2)
    assert (change.totals[0].before, change.totals[0].after) == (judged(before).current.total, 100)
    assert f"{change.since:%d %H:%M}" == "02 10:00"
    with reading(engine) as session:
        assert repository.transcript_before(session, change.id) == before.transcript
        total = session.scalar(select(func.count()).select_from(EvaluationRow))
        found = queries.calls(session, SYSTEM, CallFilter(words="goes out today"))
        entries = [entry for entry in all_entries(session) if entry.what == audit.What.WENT_ON]
    assert (total, len(found), len(entries)) == (2, 1, 1)
    with transaction(engine) as session:
        assert tallies.recount(session).mended == 0


@on_one_database
def test_an_earlier_or_equal_export_does_nothing(engine: Engine, export: TakeIn) -> None:
    export(LONG)
    before = the_call(engine)
    (short,) = export(SHORT)
    (same,) = export(LONG)
    assert [(one.state, one.reason) for one in (short, same)] == [
        (State.SKIPPED, "known, and longer here"),
        (State.SKIPPED, "scored before"),
    ]
    assert short.call_id == same.call_id == before.call_id
    assert the_call(engine) == before


@pytest.mark.parametrize("order", [(SHORT, LONG), (LONG, SHORT), (SHORT, LONG, (*LONG[:4],))])
def test_two_exports_of_one_conversation_in_one_batch_end_with_the_longest_once(
    engine: Engine, export: TakeIn, order: tuple[tuple[str, ...], ...]
) -> None:
    outcomes = export(*order)
    assert len(outcomes) == len(order)
    assert all(outcome.state is not State.FAILED for outcome in outcomes)
    assert said(the_call(engine)) == texts(*LONG)
    assert {outcome.call_id for outcome in outcomes} == {the_call(engine).call_id}


@pytest.mark.parametrize("known", [(), SHORT])
def test_somebody_who_stores_another_export_meanwhile_is_not_lost(
    engine: Engine, export: TakeIn, known: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if known:
        export(known)
    others = tmp_path / "elsewhere.csv"
    others.write_text(HEADING + "".join(f"{row}\n" for row in (*SHORT, SORRY)))

    def slowly(work: Work, listening: Listening) -> Judged | Any:
        monkeypatch.setattr(pipeline.ingest, "hear_and_judge", hear_and_judge)
        (other,) = take(tmp_path / "reply_card.yaml", others)
        assert other.state is State.SCORED
        return hear_and_judge(work, listening)

    monkeypatch.setattr(pipeline.ingest, "hear_and_judge", slowly)
    (outcome,) = export(LONG)
    assert outcome.reason == "went on: 1 more message, judged again"
    assert said(the_call(engine)) == texts(*LONG)


@on_one_database
def test_what_waited_for_an_answer_is_decided_by_an_export_that_reaches_further(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    with reading(engine) as session:
        assert len(queries.calls(session, SYSTEM, CallFilter(unsure_only=True))) == 1
    outcome, _ = export((*SHORT, LATER))
    assert outcome.reason == "nothing more was written; what waited was judged again"
    assert verdicts(the_call(engine, 2))["in_time"] is Verdict.NOT_MET
    outcome, _ = export((*SHORT, LATER, "2,chat,agent,2026-03-02T18:00Z,Hello."))
    assert outcome.state is State.SKIPPED  # nothing about it is open any more


HOURS = "Mon-Fri 09:00-17:00, Europe/London, holidays GB-ENG"


@on_one_database
def test_the_clock_runs_on_over_a_changed_hour_and_holidays_as_if_all_had_come_at_once(
    engine: Engine, export: TakeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hours(written: str) -> None:
        monkeypatch.setenv("ATTUNE_HOURS", written)
        settings.cache_clear()

    friday = "1,chat,customer,2026-03-27T16:30Z,Where is my refund?"
    monday = "1,chat,agent,2026-03-30T08:30Z,I have asked."  # half past nine, as the clocks went forward on Sunday
    thursday = "1,chat,customer,2026-04-02T15:30Z,And now?"  # half past four, and then comes Easter
    tuesday = "1,chat,agent,2026-04-07T08:15Z,Sorry. It goes out today."
    hours(HOURS)
    export((friday,))
    assert verdicts(the_call(engine))["in_time"] is Verdict.UNSURE
    export((friday, monday))
    hours("daily 00:00-24:00, UTC")  # of what is stored the hours stay as they were
    export((friday, monday, thursday))
    assert verdicts(the_call(engine))["in_time"] is Verdict.UNSURE
    export((friday, monday, thursday, tuesday))
    after = the_call(engine).transcript
    assert [turn.worked for turn in after.turns] == [0, 3600, 3600 * 32, 3600 * 32 + 2700]
    assert after.hours == HOURS
    assert verdicts(the_call(engine))["in_time"] is Verdict.MET


@on_one_database
def test_a_review_for_doubt_alone_is_taken_back_once_nothing_is_in_doubt(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    with transaction(engine) as session:
        for name in ("Rosa", "Ines"):
            repository.add_user(session, f"{name}@example.org", name, Role.REVIEWER, "a hash")
        review_rules.save_rule(session, SYSTEM, Rule(RuleKind.UNSURE, bound=2, share=1.0, since=date(2026, 3, 2)))
        review_fill.fill(session, date(2026, 3, 2))
        (given,) = review_queue.assignments(session, SYSTEM)
    export((*SHORT, "1,chat,customer,2026-03-02T09:21Z,Hello?"))  # is in doubt as before
    with reading(engine) as session:
        assert review_queue.assignments(session, SYSTEM) == (given,)
    export((*SHORT, "1,chat,customer,2026-03-02T09:21Z,Hello?", SORRY))
    with reading(engine) as session:
        assert review_queue.assignments(session, SYSTEM) == ()


@on_one_database
def test_what_people_decided_holds_and_who_spoke_stays_as_they_said(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    correct(engine, SYSTEM, judged(the_call(engine)).result_ids["notes"], Verdict.MET, "They do.")
    reassign_turn(engine, SYSTEM, the_call(engine).call_id, 1, Speaker.OTHER, "That was the bot.")
    export(LONG)
    after = the_call(engine)
    assert [turn.speaker.value for turn in after.transcript.turns] == ["customer", "other", "customer", "agent", "customer"]
    assert verdicts(after)["notes"] is Verdict.MET
    assert judged(after).overrides["notes"][-1].reason.endswith("They do.")
    assert [change.kind for change in after.side_corrections] == [SideChange.TURNS, SideChange.WENT_ON]


@on_one_database
def test_sides_that_were_exchanged_stay_so_for_what_came_since(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    swap_sides(engine, SYSTEM, the_call(engine).call_id, "The names are the wrong way round.")
    export((*SHORT, SORRY))
    export(LONG)
    assert [turn.speaker.value for turn in the_call(engine).transcript.turns] == ["agent", "customer"] * 2 + ["agent"]


@on_one_database
def test_what_was_removed_is_not_taken_in_again_because_it_went_on(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    with transaction(engine) as session:
        remove_words(session, repository.call_ids(session))
    (outcome,) = export(LONG)
    assert outcome.state is State.SKIPPED
    assert outcome.reason.startswith("taken in before; its words or scores were removed since")
    assert "refund" not in " ".join(said(the_call(engine)))


@on_one_database
def test_private_words_of_what_came_since_are_taken_out_and_do_not_come_back(engine: Engine, export: TakeIn) -> None:
    card = "1,chat,customer,2026-03-02T09:21Z,My card is 4111 1111 1111 1111."
    export((*SHORT, card))
    export((*SHORT, card, "1,chat,agent,2026-03-02T10:00Z,Sorry: was it 4111 1111 1111 1111?"))
    after = the_call(engine)
    assert len(after.transcript.turns) == 5
    assert not any("1111" in text for text in said(after))
    with reading(engine) as session:
        for change in after.side_corrections:
            assert "1111" not in json.dumps(repository.transcript_before(session, change.id).to_dict())


@on_one_database
def test_two_centres_conversations_of_one_name_are_two_calls(engine: Engine, export: TakeIn) -> None:
    export(SHORT)
    other = "1,chat,customer,2026-03-02T09:00Z,The harbour fee is wrong."
    (outcome,) = export((other, "1,chat,agent,2026-03-02T09:10Z,Oh."))
    assert outcome.reason == ""
    the_call(engine, 2)


@on_one_database
def test_with_a_key_the_marks_lie_encrypted_and_still_tell_after_another_key(
    engine: Engine, export: TakeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(SHORT)
    with engine.connect() as connection:
        clear = set(connection.exec_driver_sql("SELECT digest FROM threads").scalars())
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32)
    settings.cache_clear()
    rotate(engine)
    with engine.connect() as connection:
        sealed = set(connection.exec_driver_sql("SELECT digest FROM threads").scalars())
    assert len(sealed) == 4  # of three messages, and of where they came from
    assert not any(one in "".join(sealed) for one in clear)
    assert export(LONG)[0].reason == "went on: 2 more messages, judged again"


@on_one_database
def test_what_was_taken_in_before_conversations_were_known_again_is_known_once_it_comes_again(
    engine: Engine, export: TakeIn
) -> None:
    export(SHORT)
    reassign_turn(engine, SYSTEM, the_call(engine).call_id, 1, Speaker.OTHER, "That was the bot.")
    with transaction(engine) as session:
        session.query(ThreadRow).delete()
    assert export(SHORT)[0].state is State.SKIPPED
    assert export(LONG)[0].reason == "went on: 2 more messages, judged again"
    assert the_call(engine).transcript.turns[1].speaker is Speaker.OTHER


@on_one_database
def test_a_vcon_that_grows_is_one_call_and_the_latest_is_kept(engine: Engine, tmp_path: Path) -> None:
    card, file = tmp_path / "reply_card.yaml", tmp_path / "one.vcon.json"
    card.write_text(CARD)

    def grown(number: int) -> Path:
        sent = [f"2026-03-02T09:0{n}:00Z" for n in range(number)]
        whole = {
            "vcon": "0.4.0",
            "uuid": "018f5e0e-5c3c-8d8e-9a55-0b1b3c6a2a11",
            "created_at": f"2026-03-02T1{number}:00:00Z",
            "parties": [{"role": "customer"}, {"role": "agent"}],
            "dialog": [
                {"type": "text", "start": at, "originator": n % 2, "parties": [0, 1], "body": f"Word {n}."}
                for n, at in enumerate(sent)
            ],
        }
        file.write_text(json.dumps(whole))
        return file

    take(card, grown(2))
    (outcome,) = take(card, grown(4))
    assert outcome.reason == "went on: 2 more messages, judged again"
    details = the_call(engine)
    assert said(details) == [f"Word {n}." for n in range(4)]
    with vcon_of(details.call_id).in_the_clear() as kept:
        assert len(json.loads(kept.read_text())["dialog"]) == 4


@on_one_database
def test_everything_that_is_kept_of_it_can_be_worked_out_again(engine: Engine, tmp_path: Path) -> None:
    card, file = tmp_path / "reply_card.yaml", tmp_path / "messages.csv"
    card.write_text(CARD)
    for rows in (SHORT, LONG):
        file.write_text(HEADING + "".join(f"{row}\n" for row in rows))
        take(card, file)
    with reading(engine) as session:
        checked = list(verify_call(session, SYSTEM, the_call(engine).call_id, deep=True))
    assert [one.in_force for one in checked if one.scorecard] == [False, True]
    assert not any(one.differences for one in checked)


@pytest.fixture
def doors(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doors:
    """Every way by which e-mails come in."""
    return Doors(engine, tmp_path, monkeypatch)


def three_mails(of: str) -> list[str]:
    """Asked, answered, and asked again; `of` tells them from others."""
    return [
        a_mail(ANN, CARE, f"<a1@{of}>", 9, "Where is it?"),
        a_mail(CARE, ANN, f"<c1@{of}>", 10, "Sorry, it left today.", f"<a1@{of}>"),
        a_mail(ANN, CARE, f"<a2@{of}>", 11, "It is not here.", f"<a1@{of}> <c1@{of}>"),
    ]


FIRST, ANSWER, MORE = three_mails("a")
THREE = [("customer", "Where is it?"), ("agent", "Sorry, it left today."), ("customer", "It is not here.")]


@on_one_database
def test_e_mails_of_one_customer_go_on_day_by_day_by_the_door_they_came_by(engine: Engine, doors: Doors) -> None:
    token = doors.token()
    ways: list[Callable[[str], Outcome]] = [
        lambda mail: doors.command(mail)[0],
        lambda mail: doors.place("mails", mail),
        lambda mail: doors.program(token, mail),
    ]
    for number, way in enumerate(ways):
        reasons = [way(mail).reason for mail in three_mails(f"{number}.example")]
        assert reasons == ["", *["went on: 1 more message, judged again"] * 2]
    assert doors.said() == [THREE] * 3
    with reading(engine) as session:
        grown = [entry for entry in all_entries(session) if entry.what == audit.What.WENT_ON]
    assert [entry.details["door"] for entry in grown] == ["command_line"] * 2 + ["watched"] * 2 + ["api"] * 2
    assert [entry.details["token"] for entry in grown] == [None] * 4 + [token] * 2
    assert len({entry.details["arrival"] for entry in grown}) == 6


@on_one_database
def test_the_command_line_goes_on_with_what_came_by_any_door(doors: Doors) -> None:
    doors.place("mails", FIRST)
    assert doors.command(ANSWER)[0].reason.startswith("went on")
    assert doors.place("mails", MORE).reason.startswith("went on")
    assert doors.said() == [THREE]


@on_one_database
def test_an_answer_that_was_taken_in_before_what_it_answers_is_one_call_with_it(doors: Doors) -> None:
    doors.command(ANSWER)
    assert doors.command(FIRST)[0].reason.startswith("went on")
    assert doors.said() == [THREE[:2]]


@on_one_database
@pytest.mark.parametrize("own", ["shop.example", ""])
def test_two_customers_who_answer_one_message_are_two_calls_also_within_one_mailbox(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    doors = Doors(engine, tmp_path, monkeypatch, own)
    circular = a_mail(CARE, f"{ANN}, {BOB}", "<news@shop>", 8, "Our offers.")
    ann = a_mail(ANN, CARE, "<a1@a>", 9, "I am ill.", "<news@shop>")
    bob = a_mail(BOB, CARE, "<b1@b>", 10, "The kettle, please.", "<news@shop>")
    to_bob = a_mail(CARE, BOB, "<c2@shop>", 11, "It is yours.", "<news@shop> <b1@b>")
    box = "".join(f"From x Mon Mar  2 09:00:00 2026\n{mail}\n" for mail in (circular, ann, bob, to_bob))
    doors.command(box)
    there = [[words for _, words in call] for call in doors.said()]
    assert there == [["Our offers.", "I am ill."], ["The kettle, please.", "It is yours."]]


@on_one_database
def test_calls_whose_customers_have_other_numbers_are_never_one(doors: Doors) -> None:
    doors.place("mails", FIRST, **Listed(extra={"customer_id": "1"}).to_dict())
    doors.place("mails", MORE, **Listed(extra={"customer_id": "2"}).to_dict())
    assert len(doors.calls()) == 2


@on_one_database
def test_addresses_lie_only_as_hashes_under_the_servers_key(engine: Engine, doors: Doors) -> None:
    doors.command(FIRST)
    with reading(engine) as session:
        marks = set(session.scalars(select(ThreadRow.digest).where(ThreadRow.mark_of == MarkOf.WROTE)))
    assert len(marks) == 1
    assert not marks & {hashlib.sha256(b"ann@a.example").hexdigest()[:32], "ann@a.example"}


@on_one_database
def test_what_either_team_wants_taken_out_is(doors: Doors) -> None:
    doors.set(PRIVATE="none", PRIVATE_BY_TEAM="Loans: all")
    doors.place("mails", FIRST, **Listed(team="Parcels").to_dict())
    card = a_mail(ANN, CARE, "<a2@a>", 11, "My card is 4111 1111 1111 1111.", "<a1@a>")
    doors.place("mails", card, **Listed(team="Loans").to_dict())
    (call,) = doors.said()
    assert "4111" not in call[1][1]


def test_what_was_removed_comes_back_by_no_other_door_and_keeps_nobody_elses_out(engine: Engine, doors: Doors) -> None:
    doors.place("mails", a_mail(CARE, f"{ANN}, {BOB}", "<news@shop>", 8, "Our offers."))
    doors.place("mails", a_mail(ANN, CARE, "<a1@a>", 9, "I am ill.", "<news@shop>"))
    with transaction(engine) as session:
        remove_words(session, repository.call_ids(session))
    assert "removed since" in doors.place("others", a_mail(ANN, CARE, "<a2@a>", 10, "Still.", "<a1@a>")).reason
    assert doors.place("mails", a_mail(BOB, CARE, "<b1@b>", 11, "Yes.", "<news@shop>")).reason == ""


@on_one_database
def test_a_mailbox_knows_its_customer_as_a_list_would_and_the_list_counts_first(engine: Engine, doors: Doors) -> None:
    doors.command(FIRST)
    call = doors.command(a_mail(ANN, CARE, "<other@a>", 15, "And where is the other one?").replace("Offer", "Other"))[
        0
    ].call_id
    listed = Listed(extra=hidden({"customer_email": "bob@b.example"})).to_dict()
    named = doors.place("mails", a_mail(ANN, CARE, "<third@a>", 16, "For Bob.").replace("Offer", "Third"), **listed).call_id
    with reading(engine) as session:
        whose = {one: queries.customer_of_call(session, SYSTEM, one) for one in repository.call_ids(session)}
    assert len(whose) == 3
    assert len(set(whose.values())) == 2
    assert [list(whose.values()).count(whose[one]) for one in (call, named)] == [2, 1]
