"""What the measurement of growth promises about the sizes it measures and the plot it draws."""

from xml.etree import ElementTree

from sqlalchemy import Engine, func, select

from bench.centre import grow
from bench.databases import bytes_of, settle
from bench.scale import Size, count, plot
from storage import course_sums
from storage.database import transaction
from storage.repository import store_scored_call
from storage.tables import EvaluationRow
from storage.tallies import recount
from tests.storage.build import a_scored_call


def test_what_is_stored_after_a_centre_has_grown_gets_ids_of_its_own(engine: Engine) -> None:
    with transaction(engine) as session:
        assert store_scored_call(session, a_scored_call("one", agent="Ana Ruiz"))
        first = session.scalars(select(EvaluationRow.id)).one()  # PostgreSQL counts on, after what was taken out again
    assert grow(engine, 4) == 4
    before = bytes_of(engine)
    with transaction(engine) as session:
        assert store_scored_call(session, a_scored_call("two", agent="Ben Ash"))
        assert session.scalars(select(func.max(EvaluationRow.id))).one() == 4 * first + 1
    settle(engine)
    assert bytes_of(engine) >= before > 0
    counted = count(engine)
    assert counted.calls == 2  # of the latest weeks
    assert min(counted.ms, counted.processor_ms, counted.one_by_one_ms, counted.search_ms) > 0
    assert {"processes", "sentiment", "harm", "reasons"} == set(counted.courses)
    assert all(ms > 0 for took in counted.courses.values() for ms in took.values())
    with transaction(engine) as session:
        assert recount(session)[1:] == (0, 0)  # copies are in the sums
        course_sums.fold(session)
        assert course_sums.remake(session.connection()).mended == 0


def a_size(calls: int, seconds: float) -> Size:
    page = {"median": seconds, "p95": seconds, "again": 0.01, "processor": seconds}
    return Size(
        calls,
        1.0,
        100.0,
        10.0,
        20.0,
        70_000,
        130_000,
        400,
        250,
        12.5,
        8.1,
        80.2,
        3.5,
        {},
        {"overview as administrator": page, "a <call>": page},
    )


def test_the_plot_has_a_line_for_each_page_with_a_point_for_each_size() -> None:
    drawing = ElementTree.fromstring(plot([a_size(1000, 0.05), a_size(10_000, 0.2), a_size(100_000, 1.4)], "sqlite"))
    lines = [line.attrib["points"].split() for line in drawing.iter("{http://www.w3.org/2000/svg}polyline")]
    pages = [line for line in lines if len(line) == 3]
    assert len(pages) == 2
    across, down = zip(*(map(float, point.split(",")) for point in pages[0]), strict=True)
    assert list(across) == sorted(across)
    assert list(down) == sorted(down, reverse=True)  # slower is higher up
    words = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"overview", "a <call>", "100,000", "0.5 s"} <= set(words)
    assert len(words) == len(set(words))
