"""What a coach and an agent find on the pages of coaching."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from coaching.gaps import Belongs, Gap, Rate, Standing
from coaching.plans import draft_goal
from dashboard.editor.plan import seconds_of
from dashboard.views.coaching import whom_to_talk_to
from storage import plans
from storage.database import open_database, transaction
from storage.plan_tables import CoachingPlanRow
from tests.dashboard.centre import MARKUP, Centre
from tests.dashboard.conftest import Look, widget_data, words_of

TODAY = date(2026, 8, 14)


def a_gap(agent: int, criterion: str, belongs: Belongs = Belongs.AGENT) -> Gap:
    rate = Rate(
        agent, f"Agent {agent}", 1, "care", "Care", "ending", criterion, "Any thanks?", "", 40,
        0.5, 0.5, 0.4, 0.6, 0.8, 0.7, 0.99, Standing.GAP, 0, 5.0,
    )  # fmt: skip
    return Gap(rate, belongs)


def a_plan(centre: Centre, words: str = "", offered: bool = True) -> int:
    """A plan of the coach for Nadia about apologies."""
    nadia, coach = centre.askers["nadia"], centre.askers["coach"]
    assert nadia.agent_id is not None
    goal = draft_goal("manners", "apologises", 0.1, 0.05, 0.2, 12, 0.8, TODAY)
    engine = open_database(centre.url)
    with transaction(engine) as session:
        plan_id = plans.draft(session, coach, nadia.agent_id, [goal], TODAY, words)
        if offered:
            plans.offer(session, coach, plan_id)
    engine.dispose()
    return plan_id


@pytest.mark.parametrize("who", ["coach", "quality", "administrator"])
def test_who_makes_plans_opens_the_page(look: Look, who: str) -> None:
    app = look(who, "coaching")
    assert not app.exception
    assert "Whom to talk to" in words_of(app)
    assert "What is due" in words_of(app)


@pytest.mark.parametrize("tab", ["Plans", "Calendar", "What works"])
def test_every_tab_opens_without_a_plan(look: Look, tab: str) -> None:
    app = look("coach", "coaching", show=tab)
    assert not app.exception


@pytest.mark.parametrize("who", ["reviewer", "idris", "nadia"])
def test_others_have_no_page_of_plans(look: Look, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "coaching")


def test_each_is_named_once_with_a_gap_of_their_own_that_has_no_plan() -> None:
    gaps = [
        a_gap(1, "thanks"),
        a_gap(1, "greets"),
        a_gap(2, "thanks"),
        a_gap(3, "thanks", Belongs.TEAM),
        a_gap(4, "thanks", Belongs.EVERYONE),
    ]
    assert whom_to_talk_to(gaps, set()) == [gaps[0], gaps[2]]
    assert whom_to_talk_to(gaps, {(1, "care/thanks"), (2, "care/thanks")}) == [gaps[1]]


def test_a_plan_shows_its_goal_its_moments_and_what_is_due(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre, "Your calls are kind.")
    app = look("coach", "coaching", fresh_centre, plan=plan_id)
    assert not app.exception
    said = words_of(app)
    assert "Did the agent apologise?" in said
    assert "From 10 % to 30 %" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "Say sorry once, early, and mean it." in said
    assert "Waits for the agent" in said
    assert "Your calls are kind." in said
    rows = widget_data(look("coach", "coaching", fresh_centre), "due")["rows"]
    assert rows[0]["href"] == f"/coaching?plan={plan_id}"


def test_whoever_is_to_talk_to_again_is_named_with_what_came_of_the_plan_before(look: Look, fresh_centre: Centre) -> None:
    plan_id, coach = a_plan(fresh_centre), fresh_centre.askers["coach"]
    assert "A plan on this" not in words_of(look("coach", "coaching", fresh_centre))
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        plans.confirm(session, fresh_centre.askers["nadia"], plan_id)
        plans.finish(session, coach, plan_id)
    engine.dispose()
    said = words_of(look("coach", "coaching", fresh_centre))
    assert f"](/coaching?plan={plan_id}). Did it work? Too soon to say" in said


def test_an_agent_reads_what_came_of_the_last_plan_and_of_one_to_come_nothing(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre)
    engine = open_database(fresh_centre.url)
    with transaction(engine) as session:
        session.execute(update(CoachingPlanRow).values(starts_on=date(2999, 1, 1)))
    assert "Did it work?" not in words_of(look("nadia", "my_coaching", fresh_centre))
    with transaction(engine) as session:
        session.execute(update(CoachingPlanRow).values(starts_on=TODAY))
        plans.confirm(session, fresh_centre.askers["nadia"], plan_id)
        plans.finish(session, fresh_centre.askers["coach"], plan_id)
    engine.dispose()
    app = look("nadia", "my_coaching", fresh_centre)
    assert "Earlier plans" in words_of(app)
    assert "Did it work?" in words_of(app)


def test_another_teams_plan_does_not_exist(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre)
    app = look("lena", "my_coaching", fresh_centre)
    assert "No plan at the moment" in words_of(app)
    assert "apologise" not in words_of(app)
    assert "No such plan" in words_of(look("coach", "coaching", fresh_centre, plan=plan_id + 1))


def test_an_agent_sees_a_plan_once_it_is_offered(look: Look, fresh_centre: Centre) -> None:
    a_plan(fresh_centre, offered=False)
    assert "No plan at the moment" in words_of(look("nadia", "my_coaching", fresh_centre))


def test_the_agent_confirms_with_a_word_that_the_coach_reads(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre)
    app = look("nadia", "my_coaching", fresh_centre)
    app.text_area[0].set_value("It fits.")
    next(button for button in app.button if button.label == "I confirm this plan").click()
    app.run()
    assert "Confirmed. Your coach sees it." in words_of(app)
    said = words_of(look("coach", "coaching", fresh_centre, plan=plan_id))
    assert "Confirmed" in said
    assert "It fits." in said


def test_an_action_is_ticked_off_and_the_history_says_by_whom(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre)
    app = look("nadia", "my_coaching", fresh_centre)
    app.checkbox[0].check().run()
    assert not app.exception
    assert "done by Nadia Osei" in words_of(look("coach", "coaching", fresh_centre, plan=plan_id))


def test_what_somebody_wrote_is_never_more_than_words(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre, MARKUP)
    for app in (look("coach", "coaching", fresh_centre, plan=plan_id), look("nadia", "my_coaching", fresh_centre)):
        assert "<img" not in words_of(app).replace("\\<img", "")
    calendar = look("coach", "coaching", fresh_centre, show="Calendar")
    assert not calendar.exception


def test_an_agents_calls_are_no_examples_until_they_say_so(look: Look, fresh_centre: Centre) -> None:
    app = look("nadia", "my_coaching", fresh_centre)
    assert app.toggle[0].value is False
    app.toggle[0].set_value(True).run()
    assert look("nadia", "my_coaching", fresh_centre).toggle[0].value is True


@pytest.mark.parametrize(
    ("written", "seconds"), [("2:35", 155), ("0:08", 8), (":40", 40), ("95", 95), ("2:61", None), ("soon", None), ("", None)]
)
def test_a_place_in_a_call_is_read_as_it_is_written(written: str, seconds: float | None) -> None:
    assert seconds_of(written) == seconds


def test_a_plan_that_begins_later_is_due_then(look: Look, fresh_centre: Centre) -> None:
    plan_id = a_plan(fresh_centre, offered=False)
    with transaction(engine := open_database(fresh_centre.url)) as session:
        plans.plan_session(session, fresh_centre.askers["coach"], plan_id, date.today() + timedelta(days=3))
    engine.dispose()
    rows = widget_data(look("coach", "coaching", fresh_centre), "due")["rows"]
    assert any("Talk" in str(row["cells"]) for row in rows)
