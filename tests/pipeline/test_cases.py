"""Cases of a customer system come in as they are said, once, and whatever is wrong with a line keeps no other out."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from coaching.satisfaction import AnswerKind
from errors import InputError, NotAllowed
from pipeline.case_export import CSV_COLUMNS, as_json_lines, as_table, export_cases
from pipeline.case_mapping import CaseMapping, read_mapping, read_mapping_file, shipped
from pipeline.cases import Imported, import_file, read_cases
from pipeline.erase import erase_customer
from pipeline.retain import retain
from scoring.signals.model import BEHAVIOURS, Shown
from settings import settings
from storage import case_links, cases, customers, hooks, keeping, tokens
from storage.access import SYSTEM, Asker, Role
from storage.case_tables import CaseCallRow, CaseRow, CaseState, LinkedBy, SatisfactionRow
from storage.cases import Change, of_call
from storage.customer_tables import CustomerCallRow, CustomerIdentityRow, CustomerRow
from storage.database import open_database, reading, transaction
from storage.hook_tables import DeliveryRow
from storage.removal import remove_scores, remove_words
from storage.repository import store_scored_call
from storage.tables import Base
from storage.token_tables import ApiTokenRow
from tests.conftest import Command
from tests.storage.build import a_scorecard, a_scored_call
from tests.storage.contents import Contents

SAMPLES = Path(__file__).parents[2] / "samples" / "customer_systems"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HEAD = "number,customer,phone,mail,why,state,opened,closed,calls,stars,likely\n"
MAPPING = """
system: desk
title: A help desk
times: ["%d/%m/%Y %H:%M"]
columns:
  {case_id: number, customer_id: customer, customer_phone: phone, customer_email: mail, reason: why, state: state,
   opened_at: opened, closed_at: closed, calls: calls}
states: {open: [Open, New], solved: [Done]}
answers:
  csat: {column: stars, scores: {Great: 5}, unanswered: [asked]}
  nps: {column: likely}
"""


@pytest.fixture
def engine(shared_contents: tuple[Engine, Contents]) -> Iterator[Engine]:
    """An empty database of either kind."""
    opened, contents = shared_contents
    yield opened
    contents.empty()


@pytest.fixture
def export(engine: Engine, tmp_path: Path) -> Callable[..., Imported]:
    """Takes in an export of those lines."""

    def take_in(*lines: str, **more: Any) -> Imported:
        file = tmp_path / "cases.csv"
        file.write_text(HEAD + "".join(f"{line}\n" for line in lines))
        return import_file(engine, SYSTEM, file, read_mapping(MAPPING), **more)

    return take_in


def store(engine: Engine, name: str, days: float = 0, **given: Any) -> str:
    call = a_scored_call(name, started_at=MONDAY + timedelta(days=days), extra=given)
    with transaction(engine) as session:
        assert store_scored_call(session, call)
    return call.transcript.call_id


def everything(engine: Engine) -> dict[str, list[str]]:
    with reading(engine) as session:
        return {t.name: sorted(repr(tuple(row)) for row in session.execute(select(t))) for t in Base.metadata.sorted_tables}


def linked(engine: Engine) -> dict[str, tuple[str, LinkedBy]]:
    with reading(engine) as session:
        rows = select(CaseCallRow.call_id, CaseRow.number, CaseCallRow.linked_by).join(CaseRow)
        return {row.call_id: (row.number, row.linked_by) for row in session.execute(rows)}


FULL = "17,C-1,020 7946 0123,vera@example.org,Late parcel,Done,2026-03-02T09:30Z,04/03/2026 12:00,,Great,9"


def test_the_second_import_of_the_same_file_changes_nothing(engine: Engine, export: Callable[..., Imported]) -> None:
    call = store(engine, "one", customer_phone="+442079460123")
    first = export(FULL, "18,,,,Refund,Open,2026-03-05T10:00+01:00,,,asked,")
    assert [one.change for one in first.outcomes] == [Change.NEW, Change.NEW]
    with reading(engine) as session:
        seen = of_call(session, SYSTEM, call)
    assert seen.case is not None
    assert (seen.case.number, seen.case.reason, seen.case.state) == ("17", "Late parcel", CaseState.SOLVED)
    assert seen.case.closed_at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert [(one.kind, one.score, one.of_case) for one in seen.answers] == [
        (AnswerKind.CSAT, 5, True),
        (AnswerKind.NPS, 9, True),
    ]
    before = everything(engine)
    second = export(FULL, "18,,,,Refund,Open,2026-03-05T10:00+01:00,,,asked,")
    assert second.counts == {"new": 0, "changed": 0, "same": 2, "refused": 0, "unknown": 0}
    assert everything(engine) == before


def test_neither_number_nor_address_of_a_customer_is_kept(engine: Engine, export: Callable[..., Imported]) -> None:
    export(FULL)
    kept = repr(everything(engine)).replace(" ", "").casefold()
    assert "79460123" not in kept
    assert "vera@" not in kept


def test_a_dry_run_says_what_would_change_and_writes_nothing(engine: Engine, export: Callable[..., Imported]) -> None:
    export(FULL)
    before = everything(engine)
    lines = (FULL.replace("Done", "Open").replace("04/03/2026 12:00", ""), "19,,,,,Lost,,,,,", "20,,,,,New,,,nowhere,7,")
    tried = export(*lines, "21,,,,,New,,,nowhere,,", dry_run=True)
    assert everything(engine) == before
    assert [(one.line, one.change, one.fields) for one in tried.outcomes] == [
        (2, Change.CHANGED, ("state", "closed")),
        (3, Change.REFUSED, ()),
        (4, Change.REFUSED, ()),
        (5, Change.NEW, ()),
    ]
    said = [one.unknown for one in tried.outcomes]
    assert said[1] == ("the state 'Lost' is in neither list of the mapping; add it to open or solved",)
    assert "known are 1 to 5" in said[2][0]
    assert said[3] == ("there is no conversation nowhere here",)
    done = export(*lines, "21,,,,,New,,,nowhere,,")
    assert done.outcomes == tried.outcomes


@pytest.mark.parametrize(
    ("line", "because"),
    [
        (",,,,,,,,,5,", "no case and no conversation"),
        (f"{'9' * 90},,,,,,,,,,", "at most 80 letters"),
        ("1,,,,,Open,yesterday,,,,", "opened_at: 'yesterday' is no moment; write it like"),
        ("1,,,,,Open,,99/99/2026 10:00,,,", "closed_at"),
        ("1,,,,,Open,,,,11,", "no answer to csat"),
        ("1,,,,,Open,,,,,11", "no answer to nps"),
        ("1,,,,,Open,,,,-1,", "no answer to csat"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_it(export: Callable[..., Imported], line: str, because: str) -> None:
    done = export(line, "2,,,,,Open,,,,,")
    refused, other = done.outcomes
    assert (refused.line, refused.change, other.change) == (2, Change.REFUSED, Change.NEW)
    assert because in refused.unknown[0]


def test_a_case_that_stands_twice_is_refused_the_second_time(export: Callable[..., Imported]) -> None:
    _, second = export("1,,,,,Open,,,,,", "1,,,,,Done,,,,,").outcomes
    assert (second.change, second.unknown) == (Change.REFUSED, ("this stands on line 2 already",))


def test_a_conversation_belongs_to_the_case_that_names_it_else_that_it_came_with_else_that_of_its_customer_then(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    named = store(engine, "named", 30, customer_id="C-9", case_id="18")
    came_with = store(engine, "came with", 40, case_id=" 17 ")
    in_time = store(engine, "in time", 1, customer_id="C-1")
    too_late = store(engine, "too late", 9, customer_id="C-1")
    export(
        FULL.replace("2026-03-02T09:30Z", "2026-03-03T08:00Z").replace(",,Great", f",{named},Great"),
        "18,C-2,,,,Open,2026-03-01T00:00Z,,,,",
    )
    later = store(engine, "later", 1.2, customer_phone="020 7946 0123")  # of the same customer, once the case was there
    assert linked(engine) == {
        named: ("17", LinkedBy.GIVEN),
        came_with: ("17", LinkedBy.CALL),
        in_time: ("17", LinkedBy.CUSTOMER),
        later: ("17", LinkedBy.CUSTOMER),
    }
    assert too_late not in linked(engine)
    export(FULL.replace("2026-03-02T09:30Z", "2026-03-03T08:00Z"))  # named no longer
    assert linked(engine)[named] == ("18", LinkedBy.CALL)


def test_what_came_with_a_case_before_cases_were_known_belongs_to_it(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    call = store(engine, "one", case_id="17")
    store(engine, "two")
    with transaction(engine) as session:
        session.execute(delete(CaseCallRow))
        case_links.fill(session.connection())
    export(FULL)
    assert linked(engine) == {call: ("17", LinkedBy.CALL)}


def test_in_the_time_of_two_cases_a_conversation_belongs_to_neither(engine: Engine, export: Callable[..., Imported]) -> None:
    call = store(engine, "one", 1, customer_id="C-1")
    export("1,C-1,,,,Open,2026-03-03T00:00Z,,,,")
    assert linked(engine)[call] == ("1", LinkedBy.CUSTOMER)
    export("2,C-1,,,,Open,2026-03-02T00:00Z,,,,")
    assert linked(engine) == {}


def test_a_conversation_that_two_cases_name_stays_with_the_first(engine: Engine, export: Callable[..., Imported]) -> None:
    call = store(engine, "one")
    _, second = export(f"1,,,,,Open,,,{call},,", f"2,,,,,Open,,,{call},,").outcomes
    assert "stays with that one" in second.unknown[0]
    assert linked(engine)[call] == ("1", LinkedBy.GIVEN)


def test_cases_follow_a_customer_who_is_put_together_with_another_and_back(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    mine, others = store(engine, "one", 1, customer_id="C-1"), store(engine, "two", 1.5, customer_id="C-2")
    export("1,C-1,,,,Open,2026-03-03T00:00Z,,,,")
    with reading(engine) as session:
        whose = {row.call_id: row.customer_id for row in session.scalars(select(CustomerCallRow))}
    with transaction(engine) as session:
        change = customers.merge(session, SYSTEM, whose[others], whose[mine])
    assert set(linked(engine)) == {mine, others}
    with transaction(engine) as session:
        customers.undo(session, SYSTEM, change)
    assert set(linked(engine)) == {mine}


def test_an_answer_about_one_conversation_stands_with_it_alone(engine: Engine, export: Callable[..., Imported]) -> None:
    call, other = store(engine, "one"), store(engine, "two", 1)
    assert export(f",,,,,,,,{call},4,").outcomes[0].change is Change.NEW
    changed = export(f",,,,,,,,{call},3,").outcomes[0]
    assert (changed.change, changed.fields) == (Change.CHANGED, ("csat",))
    with reading(engine) as session:
        assert [(one.score, one.of_case) for one in of_call(session, SYSTEM, call).answers] == [(3, False)]
        assert of_call(session, SYSTEM, other).answers == ()


def test_others_than_quality_managers_import_nothing(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(HEAD + FULL + "\n")
    for role in (Role.REVIEWER, Role.COACH, Role.AGENT):
        with pytest.raises(NotAllowed):
            import_file(engine, Asker(7, role), file, read_mapping(MAPPING))


def test_what_is_known_of_a_case_goes_with_the_words_of_its_customers_last_conversation(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    first, second = store(engine, "one", 1, customer_id="C-1"), store(engine, "two", 1.1, customer_id="C-1")
    alone = store(engine, "alone", case_id="9")
    export(FULL, "9,,,,Refund,Open,,,,2,", f",,,,,,,,{alone},1,")
    with transaction(engine) as session:
        remove_words(session, [first, alone])
    assert set(linked(engine)) == {second}
    with transaction(engine) as session:
        remove_words(session, [second])
        remove_scores(session, [alone])
    with reading(engine) as session:
        assert all(not session.scalars(select(row)).all() for row in (CaseRow, CaseCallRow, SatisfactionRow))


@pytest.mark.parametrize(("name", "file"), [("salesforce", "salesforce_cases.csv"), ("zendesk", "zendesk_tickets.csv")])
def test_the_mappings_that_ship_read_what_these_systems_export(
    command: Command, tmp_path: Path, name: str, file: str
) -> None:
    assert set(shipped()) == {"salesforce", "zendesk"}
    words = ("cases", "import", SAMPLES / file, "--mapping", name)
    lines = [json.loads(line) for line in command(tmp_path, *words, "--dry-run").stdout.splitlines()]
    refused = 1 if name == "salesforce" else 0
    assert lines[-1] == {
        "system": name, "new": 4, "changed": 0, "same": 0, "refused": refused, "unknown": 0, "dry_run": True
    }  # fmt: skip
    done = command(tmp_path, *words)
    assert done.exit_code == refused
    assert done.stdout.splitlines()[:-1] == [json.dumps(line, separators=(",", ":")) for line in lines[:-1]]
    again = json.loads(command(tmp_path, *words).stdout.splitlines()[-1])
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 4)
    engine = open_database(f"sqlite:///{tmp_path / 'attune.db'}")
    with reading(engine) as session:
        rows = session.scalars(select(CaseRow).order_by(CaseRow.id)).all()
        solved, scores = (
            [row.state is CaseState.SOLVED for row in rows],
            list(session.scalars(select(SatisfactionRow.score))),
        )
    engine.dispose()
    assert rows[0].opened_at == datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
    assert rows[0].closed_at == datetime(2026, 3, 4, 15, 10, tzinfo=UTC)
    assert solved == ([True, False, True, False] if name == "salesforce" else [True, False, True, True])
    assert sorted(scores) == ([1, 4] if name == "salesforce" else [1, 5])


def test_a_mapping_says_everything_that_is_wrong_with_its_lines() -> None:
    wrong = MAPPING.replace("system: desk", "system: My Desk").replace("reason: why", "reson: why").replace("5}", "6}")
    with pytest.raises(InputError) as found:
        read_mapping(wrong + "time_zone: Mars/Olympus\nextra: 1\n", "desk.yaml")
    said = str(found.value)
    for part in ("line 2", "did you mean 'reason'", "1 to 5 is wanted", "Mars/Olympus", "'extra' is not known here"):
        assert part in said


def test_a_column_that_is_not_there_is_named_with_what_it_is_for(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("number,status\n1,Open\n")
    with pytest.raises(InputError, match="no column 'state', which desk has for state"):
        import_file(engine, SYSTEM, file, read_mapping(MAPPING))


def test_a_file_may_lack_what_the_mapping_says_it_may_and_what_it_lacks_stays_as_it_is(
    engine: Engine, tmp_path: Path
) -> None:
    call = store(engine, "one")
    mapping, file = read_mapping(MAPPING + "optional: [calls, reason, csat, nps]\n"), tmp_path / "cases.csv"
    file.write_text(f"{HEAD}17,,,,Late parcel,Open,,,{call},4,\n")
    import_file(engine, SYSTEM, file, mapping)
    file.write_text("number,customer,phone,mail,state,opened,closed\n17,,,,Done,,\n")
    (done,) = import_file(engine, SYSTEM, file, mapping).outcomes
    assert done.fields == ("state",)
    with reading(engine) as session:
        seen = of_call(session, SYSTEM, call)
    assert seen.case is not None
    assert (seen.case.reason, [one.score for one in seen.answers]) == ("Late parcel", [4])


def test_a_mapping_that_there_is_not_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="salesforce, zendesk"):
        read_mapping_file(tmp_path / "none.yaml")


@given(st.text(max_size=300))
def test_any_text_is_a_mapping_or_a_sentence(text: str) -> None:
    try:
        found = read_mapping(text)
    except InputError:
        return
    assert isinstance(found, CaseMapping)


@given(st.text(max_size=300))
def test_any_text_is_an_export_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_text(HEAD + text, encoding="utf-8", errors="replace")
    try:
        stated, refused = read_cases(file, read_mapping(MAPPING))
    except InputError:
        return
    assert all(line > 1 for line in [*(one.line for one in stated), *(one.line for one in refused)])


def test_a_conversation_of_others_shows_no_case(engine: Engine, export: Callable[..., Imported]) -> None:
    call = store(engine, "one", case_id="17")
    export(FULL)
    with reading(engine) as session:
        assert cases.of_call(session, Asker(5, Role.COACH, team_ids=frozenset({99})), call) == cases.OfCall(None, ())


def test_cases_leave_with_what_is_known_of_their_conversations_and_without_a_word(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    call = a_scored_call(
        "one",
        "agent: I will ring you within two days.",
        "customer: My parcel is late",
        started_at=MONDAY,
        extra={"customer_id": "C-1", "reason": "Late parcel"},
        scorecards=(a_scorecard(),),
        verdicts={"announces": "not_met"},
    )
    ends = {f"customer_valence_{end}": -0.4 for end in ("first_third", "lowest", "highest", "end")}
    shown = (Shown(0, "promises_follow_up", 0.9, 0, 9),)
    signals = replace(call.signals, behaviours=shown, models={BEHAVIOURS: "a judge"}, measures=ends)
    with transaction(engine) as session:
        store_scored_call(session, replace(call, signals=signals))
    export(FULL.replace("17,", "=17,", 1))
    with transaction(engine) as session:
        (case,) = export_cases(session, SYSTEM)
        assert export_cases(session, Asker(5, Role.COACH, team_ids=frozenset({99}))) == []
        assert export_cases(session, SYSTEM, first=MONDAY.date() + timedelta(days=1)) == []
    (told,) = case["conversations"]
    assert (case["case_id"], case["system"], case["case_state"]) == ("=17", "desk", "solved")
    assert (told["call_id"], told["reason"], told["sentiment"]["end"]) == (call.transcript.call_id, "Late parcel", -0.4)
    assert [(one["scorecard"], one["failed_by"]) for one in told["evaluations"]] == [("care", ["announces"])]
    assert [(one["turn"], one["behaviour"], one["outcome"]) for one in told["promises"]] == [
        (0, "promises_follow_up", "unknown")
    ]
    assert {(one["kind"], one["score"]) for one in told["answers"]} == {("csat", 5), ("nps", 9)}
    lines = as_json_lines([case]).decode()
    assert json.loads(lines) == case
    assert "parcel is late" not in lines
    rows = list(csv.DictReader(io.StringIO(as_table([case], {"What": "Cases"}).decode("utf-8-sig").partition("\n")[2])))
    assert [(row["case_id"], row["total"], row["csat"], row["promises"]) for row in rows] == [("'=17", "0.0", "5", "1")]
    assert tuple(rows[0]) == CSV_COLUMNS


def test_an_export_is_a_file_of_lines(command: Command, tmp_path: Path) -> None:
    for form in ("jsonl", "csv"):
        done = command(tmp_path, "cases", "export", "--format", form, "--first-day", "2026-03-01", "-o", tmp_path / "out")
        assert json.loads(done.stdout) == {"cases": 0, "conversations": 0}
        assert (tmp_path / "out").read_text().startswith("" if form == "jsonl" else "\ufeff# What: Cases")


def test_programs_are_told_the_case_of_a_conversation_imported_or_not(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    with transaction(engine) as session:
        scopes, everything_told = [tokens.Scope.HOOKS], set(hooks.Happening)
        token_id, _ = tokens.add_token(session, SYSTEM, "crm", scopes, Role.QUALITY_MANAGER, 30)
        (row,) = session.scalars(select(ApiTokenRow))
        assert row.id == token_id
        hooks.add_hook(session, tokens.token_of_row(row), "https://crm.example.org/", everything_told)
    export(FULL)
    for name, days, facts in (("of it", 1, {"customer_id": "C-1"}), ("not yet", 2, {"case_id": "99"}), ("none", 3, {})):
        call = a_scored_call(name, started_at=MONDAY + timedelta(days=days), extra=facts, scorecards=(a_scorecard(),))
        with transaction(engine) as session:
            store_scored_call(session, call)
    with reading(engine) as session:
        told = [row.data.get("case_id") for row in session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))]
    assert told == ["17", "99", None]


def test_a_case_without_conversations_goes_once_words_as_old_are_kept_no_longer(
    engine: Engine, export: Callable[..., Imported], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = store(engine, "one", customer_id="C-1")
    export(FULL, "18,C-2,,,,Done,2026-03-02T09:30Z,2026-03-03T09:30Z,,2,", "19,C-3,,,,Open,2026-05-01T09:30Z,,,,")
    assert linked(engine) == {call: ("17", LinkedBy.CUSTOMER)}
    monkeypatch.setenv("ATTUNE_KEEP_WORDS_DAYS", "90")
    monkeypatch.setenv("ATTUNE_KEEP_DAYS_BY_TEAM", "North: words 9999")  # of the conversation
    settings.cache_clear()
    done = retain(engine, SYSTEM, now=MONDAY + timedelta(days=95))
    settings.cache_clear()
    assert done.report is not None
    with reading(engine) as session:
        assert sorted(session.scalars(select(CaseRow.number))) == ["17", "19"]
        assert list(session.scalars(select(SatisfactionRow.score).distinct().order_by(SatisfactionRow.score))) == [5, 9]
        assert session.scalar(select(func.count()).select_from(CustomerRow)) == 2
        (report, *_) = keeping.list_reports(session, SYSTEM)
    assert report.figures["cases"] == 1


def test_a_customer_of_whom_there_are_cases_alone_is_erased_by_their_telephone_number(
    engine: Engine, export: Callable[..., Imported]
) -> None:
    export(FULL, "18,,020 7946 0999,,,Open,2026-03-02T09:30Z,,,,")
    done = erase_customer(engine, SYSTEM, "+44 20 7946 0123")
    assert (done.calls, done.rows["customers"]) == ((), 1)
    with reading(engine) as session:
        assert list(session.scalars(select(CaseRow.number))) == ["18"]
        assert session.scalars(select(SatisfactionRow)).all() == []
        assert session.scalar(select(func.count()).select_from(CustomerIdentityRow)) == 1
