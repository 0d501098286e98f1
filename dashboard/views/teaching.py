"""What have our people's words taught the machine, is that better, and is it in force?"""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import access, data
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import count, literal, moment
from errors import AttuneError
from pipeline.teach import Given
from scoring.behaviours.corpus import behaviours
from scoring.learn import Figures
from storage.access import Asker, Role
from storage.teaching import LearnedVersion

NOTHING_SAID = (
    "Open a call and choose the mark beside a turn to say what it shows, or correct a verdict on a criterion that asks for "
    "a behaviour. As soon as there are enough such labels, the machine can be taught from them here."
)


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Role.ADMINISTRATOR)
    st.title("Teach the machine", anchor=False)
    given, versions = data.labels_given(asker), data.learned_versions(asker)
    _say_what_changed()
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
        with st.status("Teaching, for about a minute", expanded=True) as status:
            done = _do(lambda: data.teach_behaviour(asker, given.behaviour, st.write), "Taught. Its figures stand below.")
            status.update(label="Could not be taught", state="complete" if done else "error")
        if done:
            st.rerun()


def _version(asker: Asker, number: int, version: LearnedVersion) -> None:
    figures = Figures.from_dict(version.figures)
    with st.expander(
        f"Version {number}{', in force' if version.in_force else ''}",
        icon=":material/check_circle:" if version.in_force else ":material/school:",
        expanded=number == 1 or version.in_force,
    ):
        st.markdown("\n".join(f"- {literal(sentence)}" for sentence in figures.sentences()))
        st.caption(
            f"Taught by {literal(version.author)}, {moment(version.at)}, from the labels {version.labels_hash[:12]}. "
            "Kappa is agreement beyond chance: 0 is chance, 1 is always; ranges hold with a probability of 90 %."
        )
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
