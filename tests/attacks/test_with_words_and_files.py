"""Attacks with what people say, are called and send: on pages, papers, tables and letters, and on what reads files."""

import gzip
import io
import json
import logging
import struct
import wave
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import streamlit as st
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

import dashboard.access
from coaching.calendar import Entry, calendar_file
from errors import AttuneError, InputError, RecordingError, ScorecardError, TranscriptError
from exports.table import TableForm, as_csv, as_excel, as_parquet
from pipeline import probe as bounds
from pipeline import reports
from pipeline.digest import weekly_digest
from pipeline.logs import OneLine
from pipeline.probe import check_is_no_archive, probe
from scorecards.definition import Criterion, Scorecard, Section
from scorecards.load import parse_scorecard, read_scorecard
from scoring.reasons.tree import read_tree
from settings import settings
from storage import causes
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.tables import AgentRow, CallRow, TeamRow, UserRow
from tests.dashboard import centre as made
from tests.dashboard.centre import Centre, make_centre
from tests.dashboard.conftest import open_page
from transcripts.audio import open_recording
from transcripts.formats import read_transcripts
from transcripts.formats.vcon import inline_recordings
from transcripts.playing import convert_to_wav, form_of

NASTY = "<img src=x onerror=alert(1)>![a](http://elsewhere.test/x.png)[go](javascript:alert(1)) =1+1"
"""A name that is markup, a picture from elsewhere, a link that runs, and a formula."""

Write = Callable[[str, bytes], Path]


def _nasty(card: Scorecard) -> Scorecard:
    """The scorecard with markup wherever somebody could write any."""

    def criterion(one: Criterion) -> Criterion:
        return replace(one, question=f"{NASTY} {one.question}", tip=NASTY if one.tip else "")

    def section(one: Section) -> Section:
        return replace(one, title=NASTY, criteria=tuple(map(criterion, one.criteria)))

    return replace(card, title=f"{NASTY} {card.title}", sections=tuple(map(section, card.sections)))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """A centre in which everybody and everything is called by markup, and customers say it."""
    with pytest.MonkeyPatch.context() as other:
        other.setattr(made, "MANNERS", _nasty(made.MANNERS))
        other.setattr(made, "SAFETY", _nasty(made.SAFETY))
        other.setattr(made, "MARKUP", NASTY)
        built = make_centre(tmp_path_factory.mktemp("nasty"))
    engine = open_database(built.url)
    with transaction(engine) as session:
        session.execute(update(AgentRow).values(name=f"{NASTY} " + AgentRow.name))
        session.execute(update(TeamRow).values(name=f"{NASTY} " + TeamRow.name))
        session.execute(update(UserRow).values(name=f"{NASTY} " + UserRow.name))
        session.execute(update(CallRow).values(customer=NASTY, file_name=f"{NASTY}.wav", queue=NASTY))
        reason = next(iter(causes.reason_choices(session)))
        day = date(2026, 7, 1)
        draft = causes.CauseDraft(NASTY, reason, NASTY, NASTY, NASTY, NASTY, day, causes.CauseState.DONE)
        causes.add_cause(session, SYSTEM, draft, built.calls["Nadia Osei"][:1])
    engine.dispose()
    return built


@pytest.fixture
def page(nasty: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Opens a page of that centre as somebody."""
    monkeypatch.setenv("ATTUNE_HOME", str(nasty.home))
    settings.cache_clear()
    st.cache_data.clear()

    def at(who: str, view: str, **params: str) -> AppTest:
        asker = replace(nasty.askers[who], name=f"{NASTY} {who}")
        monkeypatch.setattr(dashboard.access, "current_asker", lambda: asker)
        return open_page(asker, view, **params)

    yield at
    settings.cache_clear()
    st.cache_data.clear()


def _live_markup(app: AppTest) -> list[str]:
    """What on a page would be more than words: elements of HTML, pictures from elsewhere, links that run."""
    found = []
    for kind in (
        "markdown",
        "caption",
        "title",
        "header",
        "subheader",
        "metric",
        "error",
        "warning",
        "info",
        "success",
        "html",
        "button",
        "checkbox",
        "selectbox",
        "multiselect",
        "radio",
        "expander",
        "tab",
        "download_button",
        "link_button",
        "page_link",
    ):
        for element in app.get(kind):
            proto = getattr(element, "proto", element)
            for name in ("body", "label", "value", "delta", "help"):
                words = getattr(proto, name, "") or ""
                if not isinstance(words, str):
                    continue
                as_html = kind == "html" or getattr(proto, "allow_html", False)
                plain = words.replace("\\\\", "").replace("\\[", "").replace("\\]", "").replace("\\!", "")
                if "](http://elsewhere" in plain or "](javascript" in plain or (as_html and "<img" in words):
                    found.append(f"{kind}.{name}: {words[:300]}")
    return found


def test_what_looks_for_live_markup_would_find_it() -> None:
    def page() -> None:
        import streamlit as st

        st.markdown("![a](http://elsewhere.test/x.png)")
        st.html("<img src=x>")
        st.button("[go](javascript:alert(1))")

    assert len(_live_markup(AppTest.from_function(page).run())) == 3


VIEWS: list[tuple[str, str, dict[str, str]]] = [
    ("administrator", view, {})
    for view in (
        "overview", "calls", "agents", "teams", "queue", "machine", "calibrate", "coaching", "processes", "disputes",
        "scorecards", "what_if", "people", "team_members", "settings", "programs", "record", "teaching",
        "arriving", "alerts", "why_they_call", "satisfaction", "organisations", "causes",
    )
]  # fmt: skip
OF_ONE = [
    ("administrator", "call", {"id": "call"}),
    ("administrator", "agent", {"of_agent": "1"}),
    ("administrator", "criterion", {"card": "manners", "criterion": "apologises"}),
    ("administrator", "causes", {"id": "1"}),
    ("coach", "causes", {"id": "1"}),
    ("nadia", "my_scorecards", {}),
    ("nadia", "my_coaching", {}),
    ("nadia", "call", {"id": "call"}),
    ("coach", "coaching", {}),
]


@pytest.mark.parametrize(
    ("who", "view", "params"), [*VIEWS, *OF_ONE], ids=lambda given: given if isinstance(given, str) else ""
)
def test_markup_in_every_name_question_and_sentence_comes_alive_on_a_page(
    page: Callable[..., AppTest], nasty: Centre, who: str, view: str, params: dict[str, str]
) -> None:
    given = {name: nasty.calls["Nadia Osei"][0] if value == "call" else value for name, value in params.items()}
    app = page(who, view, **given)
    assert not app.exception
    assert _live_markup(app) == []


@pytest.mark.parametrize("words", [NASTY, "'; DROP TABLE calls; --", "x\x00"], ids=["markup", "query", "zero"])
def test_markup_or_a_query_in_the_address_of_a_page_comes_alive(page: Callable[..., AppTest], words: str) -> None:
    for view in ("calls", "call", "criterion", "agent", "customer", "why_they_call", "causes", "processes"):
        app = page(
            "administrator",
            view,
            id=words,
            words=words,
            card=words,
            criterion=words,
            of_agent=words,
            period=words,
            days=words,
            reason=words,
            group=words,
            behind=words,
            queue=words,
            new=words,
        )
        assert not app.exception
        assert _live_markup(app) == []


def test_a_query_or_a_character_that_no_name_has_is_typed_into_a_search(page: Callable[..., AppTest]) -> None:
    for words in ("'; DROP TABLE calls; --", "good\x00morning", "\x00"):
        app = page("administrator", "calls")
        app.text_input(key="words").set_value(words).run()
        assert not app.exception


def test_a_widget_puts_words_into_a_page_as_markup() -> None:
    """What widgets are given comes as JSON; none of their scripts makes HTML of text."""
    scripts = sorted((Path(dashboard.access.__file__).parent / "widgets" / "web").glob("*.js"))
    assert len(scripts) >= 8
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for way in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "DOMParser",
            "srcdoc",
        ):
            assert way not in text, (script.name, way)


# Papers, letters, calendars, tables


def test_markup_in_a_call_comes_alive_on_paper(nasty: Centre) -> None:
    engine = open_database(nasty.url)
    with reading(engine) as session:
        paper = reports.call_paper(session, nasty.askers["nadia"], nasty.calls["Nadia Osei"][0])
    engine.dispose()
    reader = PdfReader(io.BytesIO(paper.data))
    for sheet in reader.pages:
        assert "/Annots" not in sheet  # no link
        assert "/AA" not in sheet
    assert b"/JavaScript" not in paper.data
    assert b"/URI" not in paper.data
    assert "/" not in paper.name
    assert paper.name.isprintable()


def test_markup_in_names_comes_alive_in_the_weekly_letter(nasty: Centre) -> None:
    engine = open_database(nasty.url)
    with reading(engine) as session:
        letter = weekly_digest(session, SYSTEM, reports.week("2026-W33"))
    engine.dispose()
    assert "<img" not in letter
    assert "<script" not in letter
    assert "&lt;img" in letter


def test_a_name_with_a_line_break_writes_an_event_of_its_own_into_a_calendar() -> None:
    words = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTACH:http://elsewhere.test\x00"
    text = calendar_file(
        [Entry("1\r\nX:1", datetime(2026, 8, 4, tzinfo=UTC).date(), words, words)], datetime.now(UTC)
    ).decode()
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert not any(line.startswith(("ATTACH", "X:")) for line in lines)
    assert "\x00" not in text


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "\t=1+1", " =1+1", "\n=1+1", "＝1+1", "＠SUM(1)", "\r=1", "+1", "-1+1", "@x"]
)
def test_a_name_calculates_in_a_spreadsheet(name: str) -> None:
    table = pd.DataFrame({"Customer": [name]})
    line = as_csv(table, {}).decode("utf-8-sig").split("\r\n", 1)[1]
    assert line.lstrip('"').startswith("'")
    cell = load_workbook(io.BytesIO(as_excel(table, {})))["Table"]["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert pq.read_table(io.BytesIO(as_parquet(table, {}))).to_pydict() == {"Customer": [name]}


@pytest.mark.parametrize("between", [";", "\t", "|", "\n", "; "])
def test_a_name_that_ends_a_cell_elsewhere_calculates_in_the_next_one(between: str) -> None:
    """Where Excel is set to a country that separates with semicolons, `a;=1+1` would be two cells, the second a formula."""
    text = as_csv(pd.DataFrame({"Customer": [f"Smith{between}=HYPERLINK(1)"]}), {}).decode("utf-8-sig")
    assert f"{between[0]}'" in text
    assert f"{between}=" not in text


def test_a_filter_or_a_columns_name_calculates_in_a_spreadsheet() -> None:
    table, about = pd.DataFrame({NASTY: ["=1"], "=1+1": ["x"]}), {"Words said": "=1+1\r\n=2", "=x": "=1"}
    for line in as_csv(table, about).decode("utf-8-sig").splitlines():
        assert not line.lstrip('"').startswith(("=", "+", "-", "@"))
    for sheet in load_workbook(io.BytesIO(as_excel(table, about))):
        assert all(cell.data_type != "f" and cell.hyperlink is None for row in sheet.iter_rows() for cell in row)
    assert set(TableForm) == {TableForm.CSV, TableForm.EXCEL, TableForm.PARQUET}  # each is tried here


# The log


def test_a_line_break_in_what_is_logged_begins_an_entry_of_the_attackers() -> None:
    words = "x\n2026-08-04 12:00:00,000 WARNING attune: administrator signed in\r\x1b[2Jé\u2028y"
    line = OneLine("%(levelname)s %(message)s").format(
        logging.makeLogRecord({"msg": "no call %s", "args": (words,), "levelname": "INFO"})
    )
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert "\\n2026" in line
    assert "é" in line


def test_a_line_break_in_what_went_wrong_begins_an_entry_of_the_attackers() -> None:
    try:
        raise ValueError("x\nWARNING attune: administrator signed in")
    except ValueError as wrong:
        record = logging.makeLogRecord(
            {"msg": "failed", "levelname": "ERROR", "exc_info": (type(wrong), wrong, wrong.__traceback__)}
        )
    lines = OneLine("%(levelname)s %(message)s").format(record).splitlines()
    assert lines[0] == "ERROR failed"
    assert all(line.startswith("    ") for line in lines[1:])


def test_secrets_of_the_settings_stand_in_what_is_printed_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"SECRET": "a secret of forty letters, to be seen nowhere", "ORIGINALS_KEY": "ab" * 32}
    for name, value in secrets.items():
        monkeypatch.setenv(f"ATTUNE_{name}", value)
    settings.cache_clear()
    shown = repr(settings()) + str(settings())
    settings.cache_clear()
    assert not [value for value in secrets.values() if value in shown]


# Scorecards that somebody sends


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB, "a: &a [*a]", "id: !!python/object/apply:os.system ['touch /tmp/owned']", "id: !!python/name:os.system",
        "!<!x> {id: 1}", "id: !include /etc/passwd", "a: " + "[" * 50_000, "{" * 50_000, "x: " + "a" * 300_000,
        "- " * 30_000, "id: \x00", "id: \ud800", "%YAML 9.9\n---\nid: x", "<<: *x", "? {? {? x}}",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_a_scorecard_that_blows_up_runs_something_or_reads_a_file(text: str) -> None:
    found = read_scorecard(text, "sent.yaml")
    assert found.scorecard is None
    assert found.problems
    with pytest.raises(ScorecardError):
        parse_scorecard(text)


ALIASES = (
    "all: &all ["
    + ", ".join(f"example {n}" for n in range(1_000))
    + "]\ngroups:\n"
    + "".join(f"  - {{id: g{n}, title: G, reasons: [{{id: r{n}, title: R, examples: *all}}]}}\n" for n in range(200))
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB, ALIASES, "groups: " + "[" * 50_000, "groups: " + "{" * 50_000, "groups: 2025-99-99", "groups: " + "9" * 5_000,
        "groups: [{id: g, title: G, reasons: [{id: r, title: 2025-99-99, examples: [" + "9" * 5_000 + "]}]}]",
        "id: !!python/object/apply:os.system ['touch /tmp/owned']", "groups: !include /etc/passwd", "a: &a [*a]",
        "x: " + "a" * 600_000, "- " * 30_000, "id: \x00", "id: \ud800", "? {? {? x}}",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_a_tree_of_reasons_that_blows_up_runs_something_or_reads_a_file(text: str) -> None:
    with pytest.raises(InputError) as refused:
        read_tree(text, "sent.yaml")
    said = str(refused.value).splitlines()
    assert said
    assert all(line.startswith("sent.yaml") and len(line) < 400 for line in said)


# Files


def _wav_header(claims: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    return b"RIFF" + struct.pack("<I", claims) + b"WAVE" + form + b"data" + struct.pack("<I", claims)


def test_a_recording_that_claims_gigabytes_takes_none(file: Write) -> None:
    """Read in blocks, as far as there is anything; what the header says is believed by nobody."""
    tracked = file("call.wav", _wav_header(0xFFFFFFF0) + b"\x01\x02" * 8000)
    assert open_recording(tracked).channels == (0,)
    with pytest.raises(AttuneError):
        open_recording(file("empty.wav", _wav_header(0xFFFFFFF0)))


def test_a_small_file_that_unpacks_to_days_is_given_up_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import av
    import numpy as np

    path = tmp_path / "bomb.flac"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000 * 600), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert path.stat().st_size < 200_000  # ten minutes of silence, which take 10 MB
    monkeypatch.setattr(bounds, "LONGEST_HOURS", 0.05)
    with pytest.raises(InputError, match="longer than"):
        bounds.read_whole(path)


def _zip(name: str = "call.wav") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, b"\0" * 1_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [_zip(), _zip("../../x"), gzip.compress(b"{}"), b"BZh9", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"],
    ids=["zip", "slip", "gzip", "bzip2", "xz", "7z", "rar"],
)
def test_an_archive_by_the_name_of_a_recording_is_unpacked(file: Write, content: bytes) -> None:
    with pytest.raises(InputError, match="archive"):
        check_is_no_archive(content[:512])
    with pytest.raises(InputError, match="archive"):
        probe(file("call.wav", content))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "v=0\no=- 0 0 IN IP4 10.0.0.1\nm=audio 1 RTP/AVP 0\n",
    ],
)
def test_a_playlist_by_the_name_of_a_recording_reads_a_file_or_calls_an_address(file: Write, text: str) -> None:
    with pytest.raises(AttuneError) as refused:
        open_recording(file("call.wav", text.encode()))
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("opens", [form_of, partial(convert_to_wav, target=Path("/dev/null"))], ids=["form", "converted"])
def test_a_playlist_is_followed_where_it_is_made_ready_to_be_played(
    tmp_path: Path, file: Write, opens: Callable[[Path], Any]
) -> None:
    with wave.open(str(tmp_path / "secret.wav"), "wb") as secret:
        secret.setnchannels(1)
        secret.setsampwidth(2)
        secret.setframerate(8000)
        secret.writeframes(b"\1\0" * 16_000)
    for text in (
        "ffconcat version 1.0\nfile secret.wav\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n",
    ):
        with pytest.raises(RecordingError, match=r"playlist|not a recording|holds text"):
            opens(file("call.wav", text.encode()))


def test_a_transcript_names_a_recording_elsewhere_or_outside_its_folder(tmp_path: Path, file: Write) -> None:
    (tmp_path.parent / "secret.wav").write_bytes(b"secret")
    for name, url in (
        (f"../{tmp_path.name}/../secret.wav", ""),
        ("/etc/passwd", ""),
        ("call.wav", "http://169.254.169.254/latest"),
    ):
        dialog: dict[str, Any] = {
            "type": "recording",
            "start": "2026-08-04T12:00:00Z",
            "duration": 1,
            "parties": [0, 1],
            "mediatype": "audio/wav",
            "filename": name,
        }
        dialog |= {"url": url or f"file://{name}", "content_hash": "sha512-x"}
        vcon = {
            "vcon": "0.3.0",
            "uuid": "0",
            "created_at": "2026-08-04T12:00:00Z",
            "parties": [{"name": "A"}, {"name": "B"}],
            "dialog": [dialog],
        }
        sent = file("sent.vcon.json", json.dumps(vcon).encode())
        try:
            given = [one.file for one in inline_recordings(sent)]
        except TranscriptError:
            given = []
        assert given == []


BROKEN = {
    "deep": b"[" * 200_000,
    "deeper": b'{"turns": ' * 50_000,
    "infinite": b'{"turns": [' + b'{"speaker":"agent","text":"x","start":1e999},' * 3 + b"]}",
    "half": b"\xff\xfe\x00\x00",
    "entity": b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
    "laughs": b"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;</l>",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_transcript_that_breaks_readers_is_refused_in_a_sentence(file: Write, content: bytes) -> None:
    with pytest.raises(TranscriptError) as refused:
        read_transcripts(file("call.json", content))
    assert "root:" not in str(refused.value)


def test_a_recording_with_thousands_of_channels_and_a_mad_rate(file: Write) -> None:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 65535, 16)
    with pytest.raises(AttuneError):
        open_recording(file("call.wav", b"RIFF\x00\x10\x00\x00WAVE" + form + b"data\x00\x10\x00\x00" + b"\0" * 4096))
