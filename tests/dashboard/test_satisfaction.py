"""Does the page say whether scores go with what customers say, only from enough answers, and to whom it may?"""

import pytest
from sqlalchemy import select

from coaching.satisfaction import AnswerKind
from dashboard.views.satisfaction import said
from pipeline.satisfaction import Compared
from storage.access import SYSTEM
from storage.cases import Answer, Stated, import_cases
from storage.database import open_database, transaction
from storage.tables import EvaluationRow
from tests.attacks.test_with_words_and_files import _live_markup
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, widget_data, words_of

PICTURE = "![](http://elsewhere.test/x.png) 17"


def answered(centre: Centre, agents: tuple[str, ...]) -> None:
    """Every conversation of these agents has an answer that ranks as its mean total does; the first belongs to a case."""
    engine = open_database(centre.url)
    with transaction(engine) as session:
        calls = [call for agent in agents for call in centre.calls[agent]]
        totals = {
            call: [
                total
                for total in session.scalars(select(EvaluationRow.total).where(EvaluationRow.call_id == call))
                if total is not None
            ]
            for call in calls
        }
        means = {call: sum(own) / len(own) for call, own in totals.items()}
        stated = [
            Stated(n, "", calls=(call,), answers=(Answer(AnswerKind.CSAT, 1 + round(means[call] / 25)),))
            for n, call in enumerate(calls, 2)
        ]
        case = Stated(1, PICTURE, calls=(calls[0],), answers=(Answer(AnswerKind.NPS, 9),))
        import_cases(session, SYSTEM, "desk", [case, *stated])
    engine.dispose()


def test_without_answers_it_says_how_they_come_in(look: Look) -> None:
    app = look("quality", "satisfaction")
    assert not app.exception
    assert "cases import" in words_of(app)


def test_it_says_how_far_each_scorecard_goes_with_the_answers_and_how_many_there_are(
    look: Look, fresh_centre: Centre
) -> None:
    answered(fresh_centre, ("Nadia Osei", "Tom Reed", "Lena Fox"))
    app = look("quality", "satisfaction", place=fresh_centre)
    assert not app.exception
    assert "36 of 48 conversations" in words_of(app)
    rows = [[cell.get("text") for cell in row["cells"]] for row in widget_data(app, "satisfaction-csat")["rows"]]
    assert {row[0] for row in rows} == {"Manners", "Safety", "Sentiment at the end"}
    assert all(row[1] == "36" for row in rows)
    assert any(" to " in row[3] for row in rows)
    assert any(row[4].startswith("It goes") for row in rows)
    (nps,) = {row["cells"][4]["text"] for row in widget_data(app, "satisfaction-nps")["rows"]}
    assert nps.startswith("Nothing yet: from 30")


def test_a_coach_is_told_of_their_teams_alone(look: Look, fresh_centre: Centre) -> None:
    answered(fresh_centre, ("Nadia Osei", "Tom Reed", "Lena Fox"))
    app = look("coach", "satisfaction", place=fresh_centre)
    assert "24 of 24 conversations" in words_of(app)
    assert all("Nothing yet" in row["cells"][4]["text"] for row in widget_data(app, "satisfaction-csat")["rows"])


def test_an_answer_and_the_case_stand_on_the_page_of_the_call_as_words(look: Look, fresh_centre: Centre) -> None:
    answered(fresh_centre, ("Tom Reed",))
    call = fresh_centre.calls["Tom Reed"][0]
    app = look("reviewer", "call", place=fresh_centre, id=call)
    assert not app.exception
    assert any("the customer said 9 of 10 (NPS)" in element.value for element in app.markdown)
    (case,) = (element.value for element in app.caption if element.value.startswith("case "))
    assert case == r"case !\[\](http\://elsewhere.test/x.png) 17, open"
    assert not [one for one in _live_markup(app) if "elsewhere" in one]


@pytest.mark.parametrize("answers", [0, 29])
def test_below_thirty_nothing_is_said(answers: int) -> None:
    assert said(Compared(AnswerKind.CSAT, "care", "Care", answers, None)).startswith("Nothing yet")
