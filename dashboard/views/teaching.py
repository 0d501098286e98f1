"""What have our people's words and answers taught the machine, is that better, and is it in force?"""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import access, data
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import count, literal, moment
from errors import AttuneError
from pipeline.teach import Given
from pipeline.teach_criteria import GivenToQuestion
from scoring.behaviours.corpus import behaviours
from scoring.learn import Figures
from scoring.learn_criterion import sentences
from storage.access import Asker
from storage.learned_criteria import LearnedCriterion
from storage.roles import Right
from storage.teaching import LearnedVersion

QUESTIONS_AT_ONCE = 20
NOTHING_SAID = (
    "Open a call and choose the mark beside a turn to say what it shows, or correct a verdict on a criterion that asks for "
    "a behaviour. As soon as there are enough such labels, the machine can be taught from them here."
)

NOTHING_ANSWERED = (
    "As reviewers correct and confirm the machine's answers, and review calls blind, their answers gather here. As soon as "
    "there are enough to a question, the machine can be taught to answer it from them."
)
PARTS = ("What is said in a turn", "Questions about a call")


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.TEACH)
    st.title("Teach the machine", anchor=False)
    _say_what_changed()
    what = st.segmented_control(
        "What", PARTS, default=PARTS[0], required=True, label_visibility="collapsed", key="teach-what", bind="query-params"
    )
    if what == PARTS[1]:
        _questions(asker)
    else:
        _behaviours(asker)


def _behaviours(asker: Asker) -> None:
    """What is said in a turn: the judge of behaviours."""
    given, versions = data.labels_given(asker), data.learned_versions(asker)
    if not given and not versions:
        nothing_here("Nobody has said anything yet", NOTHING_SAID)
        return
    st.caption(
        "Labels are what reviewers marked on turns and corrected in verdicts. Teaching makes a new version and changes no "
        "score; a version counts once you adopt it, for the calls that are scored from then on."
    )
    said = {one.behaviour: one for one in given}
    for behaviour in dict.fromkeys([*said, *(version.behaviour for version in versions)]):
        own = [version for version in versions if version.behaviour == behaviour]
        _behaviour(asker, behaviour, said.get(behaviour), own)
    _decisions(asker)


def _behaviour(asker: Asker, behaviour: str, given: Given | None, versions: Sequence[LearnedVersion]) -> None:
    about = behaviours()[behaviour]
    with st.container(border=True):
        st.subheader(about.title, anchor=False)
        st.caption(about.definition)
        if given is not None:
            _labels(asker, given, versions)
        if not any(version.in_force for version in versions):
            st.markdown("In force: the judge that Attune came with.")
        for number, version in zip(range(len(versions), 0, -1), versions, strict=True):
            _version(asker, number, version)


def _labels(asker: Asker, given: Given, versions: Sequence[LearnedVersion]) -> None:
    labels = len(given.labels)
    st.markdown(
        f"**{count(labels, 'label')}** of {count(given.calls, 'call')}: {given.present} say that it is there, "
        f"{labels - given.present} that it is not."
    )
    if given.missing:
        st.markdown(f":material/info: {given.missing}")
    elif versions and versions[0].labels_hash == given.hash:
        st.caption("Taught from all of these already.")
    elif st.button("Teach from these", key=f"teach {given.behaviour}", icon=":material/model_training:"):
        _teach(lambda: data.teach_behaviour(asker, given.behaviour, st.write))


def _version(asker: Asker, number: int, version: LearnedVersion) -> None:
    figures = Figures.from_dict(version.figures)
    with st.expander(
        f"Version {number}{', in force' if version.in_force else ''}",
        icon=":material/check_circle:" if version.in_force else ":material/school:",
        expanded=number == 1 or version.in_force,
    ):
        st.markdown("\n".join(f"- {literal(sentence)}" for sentence in figures.sentences()))
        _taught_by(version)
        if version.in_force:
            if st.button("Go back to the judge that Attune came with", key=f"restore {version.id}"):
                changed = f"{behaviours()[version.behaviour].title} is judged as Attune came, from now on."
                if _do(lambda: data.restore(asker, version.behaviour), changed):
                    st.rerun()
        elif figures.better:
            if st.button("Adopt this version", key=f"adopt {version.id}", type="primary"):
                changed = f"{behaviours()[version.behaviour].title} is judged by version {number} from now on."
                if _do(lambda: data.adopt(asker, version.id), changed):
                    st.rerun()
        else:
            st.markdown(
                "It cannot be adopted: it may be no better than the judge that Attune came with. More labels may help."
            )


def _questions(asker: Asker) -> None:
    """What is answered about a call: the questions of the scorecards in use."""
    given, taught = data.questions_given(asker), data.learned_criteria(asker)
    if not given and not taught:
        nothing_here("Nobody has answered a question yet", NOTHING_ANSWERED)
        return
    st.caption(
        "What reviewers answered, corrected or confirmed can teach a question of a scorecard. Teaching changes no score. A "
        "version that you adopt becomes the next version of the scorecard, and counts for the calls that are scored from "
        "then on; the way back makes another version."
    )
    answered = {(one.scorecard, one.criterion): one for one in given}
    names = list(dict.fromkeys([*((one.scorecard, one.criterion) for one in taught), *answered]))
    for scorecard, criterion in names[:QUESTIONS_AT_ONCE]:
        own = [one for one in taught if (one.scorecard, one.criterion) == (scorecard, criterion)]
        _question(asker, scorecard, criterion, answered.get((scorecard, criterion)), own)
    if len(names) > QUESTIONS_AT_ONCE:
        st.caption(f"{len(names) - QUESTIONS_AT_ONCE} more questions have fewer answers; they are left out here.")


def _question(
    asker: Asker, scorecard: str, criterion: str, given: GivenToQuestion | None, versions: Sequence[LearnedCriterion]
) -> None:
    with st.container(border=True):
        st.subheader(literal(given.question) if given else f"{scorecard}, {criterion}", anchor=False)
        if given is not None:
            st.caption(literal(given.card_title))
            answers = len(given.answers)
            st.markdown(
                f"**{count(answers, 'answer')}** of reviewers: {given.met} say that it is met, {answers - given.met} that "
                "it is not."
            )
            if given.missing:
                st.markdown(f":material/info: {literal(given.missing)}")
            elif versions and versions[0].labels_hash == given.hash:
                st.caption("Taught from all of these already.")
            elif st.button("Teach from these", key=f"teach {scorecard} {criterion}", icon=":material/model_training:"):
                _teach(lambda: data.teach_question(asker, scorecard, criterion, st.write))
        if not any(version.in_force for version in versions):
            st.markdown("In force: the scorecard's own rule.")
        for number, version in zip(range(len(versions), 0, -1), versions, strict=True):
            _question_version(asker, number, version)


def _question_version(asker: Asker, number: int, version: LearnedCriterion) -> None:
    with st.expander(
        f"Version {number}{', in force' if version.in_force else ''}",
        icon=":material/check_circle:" if version.in_force else ":material/school:",
        expanded=number == 1 or version.in_force,
    ):
        st.markdown("\n".join(f"- {literal(sentence)}" for sentence in sentences(version.figures)))
        _taught_by(version)
        low = version.figures["gain"]["low"]
        if version.in_force:
            if st.button("Go back to the scorecard's own rule", key=f"restore q{version.id}"):
                changed = "The scorecard's own rule answers this question from now on, in a new version of the scorecard."
                if _do(lambda: data.restore_question(asker, version.scorecard, version.criterion), changed):
                    st.rerun()
        elif low is not None and low > 0:
            if st.button("Adopt this version", key=f"adopt q{version.id}", type="primary"):
                changed = f"Version {number} answers this question from now on, in a new version of the scorecard."
                if _do(lambda: data.adopt_question(asker, version.id), changed):
                    st.rerun()
        else:
            st.markdown("It cannot be adopted: it may be no better than the scorecard's own rule. More answers may help.")


def _taught_by(version: LearnedVersion | LearnedCriterion) -> None:
    st.caption(
        f"Taught by {literal(version.author)}, {moment(version.at)}, from the labels {version.labels_hash[:12]}. "
        "Kappa is agreement beyond chance: 0 is chance, 1 is always; ranges hold with a probability of 90 %."
    )
    if version.removed:
        st.markdown(
            f":material/info: Words of {count(version.removed, 'call')} that it was taught from have been removed since. It "
            "keeps what it learned of them, as numbers: teach a new version from what is left, and adopt that, or go back."
        )


def _teach(teach: Callable[[], None]) -> None:
    with st.status("Teaching, for about a minute", expanded=True) as status:
        done = _do(teach, "Taught. Its figures stand below.")
        status.update(label="Could not be taught", state="complete" if done else "error")
    if done:
        st.rerun()


def _decisions(asker: Asker) -> None:
    decided = data.adoptions(asker)
    if not decided:
        return
    with st.expander("Who decided what is in force", icon=":material/history:"):
        for one in decided:
            judge = f"the version taught as {one.learned[:12]}" if one.learned else "the judge that Attune came with"
            who = f"{literal(one.author)}, {moment(one.at)}"
            st.markdown(f"- {who}: {behaviours()[one.behaviour].title} by {judge}.")


def _do(act: Callable[[], None], says: str) -> bool:
    """Do it and remember what to say on the page as it is then; or say what went wrong."""
    try:
        act()
    except AttuneError as error:
        st.error(str(error))
        return False
    st.session_state["taught"] = says
    return True


def _say_what_changed() -> None:
    if words := st.session_state.pop("taught", ""):
        st.success(words, icon=":material/check_circle:")


if __name__ == "__main__":
    show()
