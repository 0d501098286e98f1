"""What does a page ask for, and what of it is remembered for a moment?

The only module with Streamlit's caches, beside those of one part of the pages (`data_…`). Whatever is remembered is
remembered for one asker: who asks is part of every key. After a correction everything is forgotten; calls taken in by
another process show up within `REMEMBER_SECONDS`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Literal, ParamSpec, TypeVar, cast

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from coaching.gaps import Gaps, Picture, Rate, Strength, find_gaps, find_strengths, picture, rates
from coaching.personal import Room
from coaching.rolled_up import Key, by_behaviour, by_section
from coaching.trends import Shift, Trend, levels, shifts
from pipeline import reports, sides, signing_in, teach, teach_criteria
from pipeline.export import Exported, Form, export_call
from pipeline.reports import Paper
from pipeline.room import agent_room as _agent_room
from scorecards.definition import Criterion, Section, behaviours_of
from scoring.result import Verdict
from settings import settings
from storage import learned_criteria as kept_criteria
from storage import queries, repository, teaching
from storage.access import Asker
from storage.database import open_database, reading
from storage.learned_criteria import LearnedCriterion
from storage.records import CallDetails, CallFilter, Choices, Rejudged
from storage.sealed_words import words_are_sealed
from transcripts.model import Speaker

REMEMBER_SECONDS = 30

By = Literal["agent", "team"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def remembered(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Streamlit's cache with our terms, and with the function's own type."""
    return cast("Callable[_P, _T]", st.cache_data(ttl=REMEMBER_SECONDS, max_entries=500, show_spinner=False)(function))


def each(frame: pd.DataFrame) -> Iterable[Any]:
    """The rows of a query's frame, a field a column; the query's own table of columns says of which type."""
    return cast("Iterable[Any]", frame.itertuples(index=False))


@st.cache_resource(show_spinner=False)
def _engine(url: str) -> Engine:
    return open_database(url)


def engine() -> Engine:
    """The database, opened once per process."""
    return _engine(settings().url)


def asker_of(token: str) -> Asker | None:
    """Who asks with this session; never remembered, so that signing out holds at once. A page that is drawn is in use."""
    found = signing_in.who(engine(), token, in_use=True)
    return None if found is None or found.must_choose else found.asker


@remembered
def filter_choices(asker: Asker) -> Choices:
    """What a filter can be set to."""
    with reading(engine()) as session:
        return queries.filter_choices(session, asker)


@remembered
def calls(asker: Asker, filter: CallFilter, limit: int, offset: int = 0) -> pd.DataFrame:
    """The calls, the latest first."""
    with reading(engine()) as session:
        return queries.calls(session, asker, filter, limit, offset)


@remembered
def count_calls(asker: Asker, filter: CallFilter, most: int | None = None) -> int:
    """How many calls there are; of a search for words no more than one above `most`."""
    with reading(engine()) as session:
        return queries.count_calls(session, asker, filter, most)


@remembered
def evaluations(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """One row for each call and scorecard."""
    with reading(engine()) as session:
        return queries.evaluations(session, asker, filter)


def call_details(asker: Asker, call_id: str) -> CallDetails | None:
    """Everything of one call, always as it is now; None where it is not theirs to see."""
    with reading(engine()) as session:
        return queries.call_details(session, asker, call_id)


def exported(asker: Asker, call_id: str, form: Form) -> Exported:
    """A call written down to be taken elsewhere. Raises StorageError where it is not theirs to see."""
    with reading(engine()) as session:
        return export_call(session, asker, call_id, form)


WHOLE_WORDS = (
    "Words are stored encrypted here, so whole words are found and no parts of them; a list of calls does not see how the "
    "words within quotes stand."
)
"""What whoever searches has to know where `finds_whole_words`."""


def finds_whole_words() -> bool:
    """Whether what was said is encrypted."""
    return words_are_sealed()


@remembered
def search_words(asker: Asker, words: str, limit: int) -> pd.DataFrame:
    """The turns in which these words were said."""
    with reading(engine()) as session:
        return queries.search_words(session, asker, words, limit)


@remembered
def scores_by_week(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """Mean totals by scorecard and week."""
    with reading(engine()) as session:
        return queries.scores_by_week(session, asker, filter)


@remembered
def mean_totals(asker: Asker, filter: CallFilter, by: By) -> pd.DataFrame:
    """Mean totals by agent or team and scorecard."""
    with reading(engine()) as session:
        return queries.mean_totals(session, asker, filter, by)


@remembered
def volume_by_week(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """Calls and hours by week."""
    with reading(engine()) as session:
        return queries.volume_by_week(session, asker, filter)


@remembered
def automatic_failures(asker: Asker, filter: CallFilter, limit: int) -> pd.DataFrame:
    """The criteria that failed a whole scorecard."""
    with reading(engine()) as session:
        return queries.automatic_failures(session, asker, filter, limit)


@remembered
def waiting_for_a_person(asker: Asker, filter: CallFilter, limit: int) -> pd.DataFrame:
    """The results that nobody has decided yet."""
    with reading(engine()) as session:
        return queries.waiting_for_a_person(session, asker, filter, limit)


@remembered
def criterion_counts(asker: Asker, filter: CallFilter, by: By) -> pd.DataFrame:
    """How often each agent or team got which verdict on each criterion, and what others achieve on comparable calls."""
    with reading(engine()) as session:
        return queries.compared_counts(session, asker, filter, by)


@remembered
def criterion_rates(asker: Asker, filter: CallFilter, by: By, scorecard: str, criterion: str | None = None) -> list[Rate]:
    """How often each criterion of a scorecard, or one of them, was met by each agent or team, with the doubt about it."""
    if criterion is None:  # the page that asks for all of them has counted everything before
        counts = criterion_counts(asker, filter, by)
        return rates(counts[counts["scorecard"] == scorecard], settings().agent_target)
    with reading(engine()) as session:
        counts = queries.compared_counts(session, asker, filter, by, scorecard)
    return rates(counts, settings().agent_target, criterion=criterion)


@remembered
def gaps(asker: Asker, filter: CallFilter, by: By) -> Gaps:
    """The likely gaps on all scorecards, the one worth most first."""
    return find_gaps(criterion_counts(asker, filter, by), settings().agent_target)


@remembered
def strengths(asker: Asker, filter: CallFilter, by: By) -> list[Strength]:
    """Where somebody is likely better than the peers, on all scorecards, the largest lead first."""
    return find_strengths(criterion_counts(asker, filter, by), settings().agent_target)


@remembered
def picture_of(asker: Asker, filter: CallFilter, agent: int) -> Picture:
    """All that can be said of one agent among the others, on all scorecards."""
    return picture(criterion_counts(asker, filter, "agent"), agent, settings().agent_target)


@remembered
def section_rates(asker: Asker, filter: CallFilter, by: By, scorecard: str) -> list[Rate]:
    """The rates of the sections of a scorecard."""
    counts, target = criterion_counts(asker, filter, by), settings().agent_target
    return rates(by_section(counts[counts["scorecard"] == scorecard], _section_titles(), target), target)


@remembered
def section_rates_of(asker: Asker, filter: CallFilter, agent: int) -> list[Rate]:
    """The rates of the sections of all scorecards of one agent among the others."""
    counts, target = criterion_counts(asker, filter, "agent"), settings().agent_target
    return list(picture(by_section(counts, _section_titles(), target), agent, target).rates)


@remembered
def behaviour_rates(asker: Asker, filter: CallFilter, by: By) -> list[Rate]:
    """The rates of behaviours over all scorecards."""
    counts, target = criterion_counts(asker, filter, by), settings().agent_target
    behaviours = {key: behaviours_of(criterion) for key, _, criterion in _asked()}
    return rates(by_behaviour(counts, behaviours, target), target)


def _section_titles() -> dict[Key, str]:
    """In which section each question of the scorecards in force stands."""
    return {key: section.title for key, section, _ in _asked()}


def _asked() -> list[tuple[Key, Section, Criterion]]:
    """Every question of the scorecards in force with its section."""
    with reading(engine()) as session:
        return [((card.id, one.id), section, one) for card in repository.active_scorecards(session) for section, one in card]


@remembered
def _weeks_of(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """How often each question was answered how, week by week."""
    with reading(engine()) as session:
        return queries.verdict_counts(session, asker, filter, ("week",))


@remembered
def shifts_of(asker: Asker, filter: CallFilter) -> dict[Key, Shift]:
    """Which criteria have shifted over these calls, by scorecard and criterion, the largest change first."""
    weeks = _weeks_of(asker, filter)
    return shifts({(str(key[0]), str(key[1])): own for key, own in weeks.groupby(["scorecard", "criterion"])})


def criterion_by_week(asker: Asker, filter: CallFilter, scorecard: str, criterion: str) -> pd.DataFrame:
    """How one criterion went, week by week; weeks in which it never counted are left out."""
    weeks = _weeks_of(asker, filter)
    own = (weeks["scorecard"] == scorecard) & (weeks["criterion"] == criterion) & (weeks["counted"] > 0)
    return weeks[own].sort_values("week").reset_index(drop=True)


def criterion_trend(asker: Asker, filter: CallFilter, scorecard: str, criterion: str) -> Trend:
    """How one criterion went, week by week; a shift is one that is named among all criteria over these calls."""
    shift = shifts_of(asker, filter).get((scorecard, criterion))
    return levels(criterion_by_week(asker, filter, scorecard, criterion), shift)


@remembered
def calls_behind(
    asker: Asker, filter: CallFilter, scorecard: str, criterion: str, verdict: Verdict | None, limit: int
) -> pd.DataFrame:
    """The calls that make a criterion's figure."""
    with reading(engine()) as session:
        return queries.calls_behind(session, asker, filter, scorecard, criterion, verdict, limit)


@remembered
def agent_room(asker: Asker, agent_id: int, start: date, end: date) -> Room:
    """What there is to say to one agent about their calls. Raises StorageError where none of them is the asker's to see."""
    with reading(engine()) as session:
        return _agent_room(session, asker, agent_id, start, end)


def call_paper(asker: Asker, call_id: str) -> Paper:
    """The scorecards of a call as a PDF. Raises StorageError where it is not theirs to see."""
    with reading(engine()) as session:
        return reports.call_paper(session, asker, call_id)


def agent_paper(asker: Asker, agent_id: int, days: reports.Days) -> Paper:
    """One agent's page as a PDF. Raises StorageError where none of their calls of that time is the asker's to see."""
    with reading(engine()) as session:
        return reports.agent_paper(session, asker, agent_id, days)


def team_paper(asker: Asker, team_id: int, days: reports.Days) -> Paper:
    """A team's page as a PDF. Raises StorageError where none of its calls of that time is the asker's to see."""
    with reading(engine()) as session:
        return reports.team_paper(session, asker, team_id, days)


@remembered
def unread(asker: Asker, filter: CallFilter) -> pd.DataFrame:
    """The evaluations that the agent has not read as they are now."""
    with reading(engine()) as session:
        return queries.unread(session, asker, filter)


def swap_sides(asker: Asker, call_id: str, reason: str) -> tuple[Rejudged, ...]:
    """Exchange agent and customer throughout a call; what became of each scorecard's total."""
    totals = sides.swap_sides(engine(), asker, call_id, reason)
    st.cache_data.clear()
    return totals


def reassign_turns(asker: Asker, call_id: str, speakers: Mapping[int, Speaker], reason: str) -> tuple[Rejudged, ...]:
    """Say who spoke these turns of a call; what became of each scorecard's total."""
    totals = sides.reassign_turns(engine(), asker, call_id, speakers, reason)
    st.cache_data.clear()
    return totals


def marks_of(asker: Asker, call_id: str) -> tuple[queries.GivenLabel, ...]:
    """What people said of the turns of a call, always as it is now."""
    with reading(engine()) as session:
        return queries.given_labels(session, asker, call_id)


def mark(asker: Asker, call_id: str, turn: int, behaviour: str, present: bool) -> None:
    """Write down whether a turn shows a behaviour."""
    teach.mark(engine(), asker, call_id, turn, behaviour, present)


def labels_given(asker: Asker) -> tuple[teach.Given, ...]:
    """What people have said that can teach, behaviour by behaviour."""
    return teach.given(engine(), asker)


def learned_versions(asker: Asker) -> tuple[teaching.LearnedVersion, ...]:
    """Every learned judge, by behaviour, the newest first."""
    with reading(engine()) as session:
        return teaching.learned_versions(session, asker)


def adoptions(asker: Asker) -> tuple[teaching.Adoption, ...]:
    """Who decided which judge is in force, the latest first."""
    with reading(engine()) as session:
        return teaching.adoptions(session, asker)


def teach_behaviour(asker: Asker, behaviour: str, say: Callable[[str], None]) -> None:
    """Teach a judge of a behaviour from what people said; nothing is adopted."""
    teach.teach(engine(), asker, behaviour, say)


def adopt(asker: Asker, learned_id: int) -> None:
    """Put a learned judge in force."""
    teach.adopt(engine(), asker, learned_id)


def restore(asker: Asker, behaviour: str) -> None:
    """Put the shipped judge of a behaviour in force again."""
    teach.restore(engine(), asker, behaviour)


def questions_given(asker: Asker) -> tuple[teach_criteria.GivenToQuestion, ...]:
    """What people have answered that can teach, question by question."""
    return teach_criteria.given_to_questions(engine(), asker)


def learned_criteria(asker: Asker) -> tuple[LearnedCriterion, ...]:
    """Every question as it was taught, by scorecard and question, the newest first."""
    with reading(engine()) as session:
        return kept_criteria.learned_criteria(session, asker)


def teach_question(asker: Asker, scorecard: str, criterion: str, say: Callable[[str], None]) -> None:
    """Teach a question from what people answered; nothing is adopted."""
    teach_criteria.teach_criterion(engine(), asker, scorecard, criterion, say)


def adopt_question(asker: Asker, learned_id: int) -> None:
    """Answer a question by what was taught."""
    teach_criteria.adopt_criterion(engine(), asker, learned_id)
    forget()


def restore_question(asker: Asker, scorecard: str, criterion: str) -> None:
    """Answer a question by its own rule again."""
    teach_criteria.restore_criterion(engine(), asker, scorecard, criterion)
    forget()


def forget() -> None:
    """Forget everything that is remembered, as somebody changed a score by another way than those above."""
    st.cache_data.clear()
