"""A quality manager runs a scorecard over the past on a page, and reads there what it would have said."""

from dataclasses import replace

import pytest

from dashboard import data_rescore
from pipeline import rescore as running
from pipeline.rescore import what_if
from scorecards.definition import Rule, Scorecard, Section
from storage.access import Asker
from storage.database import open_database
from storage.rescore import Job, Kind
from tests.dashboard.centre import MANNERS, Centre
from tests.dashboard.conftest import Look, widget_data, words_of
from tests.dashboard.test_who_spoke import press


def with_another_apology(version: int = 2) -> Scorecard:
    """Manners, where only a word that nobody says is an apology."""
    asked = Rule("says.v1", {"phrases": ["my sincere apologies"]})
    sections = tuple(
        Section(
            section.id,
            section.title,
            tuple(replace(one, rule=asked) if one.id == "apologises" else one for one in section.criteria),
        )
        for section in MANNERS.sections
    )
    return replace(MANNERS, version=version, sections=sections)


def tried(centre: Centre, against: int | None = None) -> Job:
    engine = open_database(centre.url)
    return what_if(engine, centre.askers["quality"], with_another_apology(), against, workers=0)


def test_what_a_draft_would_have_said_is_read_with_the_calls_behind_it(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 10_000)  # so few calls are judged in this process
    job = tried(fresh_centre)
    app = look("quality", "what_if", fresh_centre, job=job.id)
    assert not app.exception
    assert f"{job.done} of {job.total} calls" in words_of(app)
    changed = widget_data(app, f"what-if answers {job.id}")["rows"]
    assert {row["cells"][0]["text"] for row in changed} == {"Did the agent apologise?"}
    assert widget_data(app, "what-if Teams")["rows"]
    assert widget_data(app, "what-if Agents")["rows"]


def test_a_question_that_was_left_out_is_named_in_its_words(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 10_000)
    left = [tuple(one for one in section.criteria if one.id != "apologises") for section in MANNERS.sections]
    sections = tuple(replace(section, criteria=own) for section, own in zip(MANNERS.sections, left, strict=True) if own)
    without = replace(MANNERS, version=2, sections=sections)
    job = what_if(open_database(fresh_centre.url), fresh_centre.askers["quality"], without, workers=0)
    rows = widget_data(look("quality", "what_if", fresh_centre, job=job.id), f"what-if answers {job.id}")["rows"]
    assert {row["cells"][0]["text"] for row in rows} == {"Did the agent apologise?"}


def test_a_draft_is_compared_with_a_version_that_is_named(
    look: Look, fresh_centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def start(asker: Asker, kind: Kind, card: Scorecard, against: int | None = None) -> int:
        asked.append(against)
        return 1

    monkeypatch.setattr(data_rescore, "start", start)
    app = look("quality", "what_if", fresh_centre)
    app.selectbox[0].set_value(next(option for option in app.selectbox[0].options if option.startswith("Manners"))).run()
    box = next(box for box in app.selectbox if box.label == "Compared with")
    assert box.options == ["What holds now", "Version 1, on the calls it scored"]
    box.set_value(1)
    press(app, "Run it over the past")
    assert asked == [1]
    monkeypatch.setattr(running, "AT_ONCE", 10_000)
    job = tried(fresh_centre, against=1)
    assert "Compared with version 1" in words_of(look("quality", "what_if", fresh_centre, job=job.id))


def test_only_who_manages_quality_has_the_page(look: Look, centre: Centre) -> None:
    with pytest.raises(ValueError, match="registered"):
        look("reviewer", "what_if", centre)
