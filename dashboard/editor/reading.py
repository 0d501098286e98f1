"""What does a scorecard ask, in plain words, what is it for, and who decided that?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import data_scorecards
from dashboard.editor.places import attempt, done, go
from dashboard.editor.scope_form import ask_scope
from dashboard.pages import SCORECARDS
from dashboard.widgets.words import count, literal, moment
from scorecards.answers import YES_NO
from scorecards.definition import Criterion, Fails, Scorecard
from scorecards.dump import dump_scorecard
from scoring.asked import asked_words
from scoring.criteria.forms import Said, rule_in_words
from storage.access import Asker
from storage.scorecard_drafts import Event, VersionKept, What
from transcripts import languages

IN_USE, RETIRED, EARLIER = "In use", "Retired", "Earlier version"
_DECIDED = {
    What.ACTIVATED: "put version {version} into use",
    What.RETIRED: "retired it",
    What.RESTORED: "put version {version} into use again",
    What.SCOPE: "said what it is for",
}


def show_scorecard(asker: Asker, scorecard: str, number: int | None) -> None:
    """Draw one version of a scorecard, the one in use unless another is asked for."""
    st.page_link(SCORECARDS, label="Scorecards", icon=":material/arrow_back:", query_params={})
    versions = data_scorecards.versions(asker).get(scorecard, [])
    shown = next((one for one in versions if one.version == number), None) or next((one for one in versions), None)
    if shown is None:
        st.title("Scorecard", anchor=False)
        st.write("There is no such scorecard.")
        return
    card = data_scorecards.version(asker, scorecard, shown.version)
    _heading(asker, card, shown, versions)
    questions, about = st.columns([5, 3], gap="large")
    with questions:
        show_questions(card)
    with about:
        _what_it_is_for(asker, scorecard)
        _versions(shown, versions)
        _history(data_scorecards.history(asker, scorecard))


def state_of(version: VersionKept, versions: Sequence[VersionKept]) -> str:
    """In use, retired, or an earlier version of one of these."""
    if version.active:
        return IN_USE
    return RETIRED if version == versions[0] else EARLIER


def show_state(state: str) -> None:
    """The state as a badge with a shape and a word."""
    look = {IN_USE: (":material/check_circle:", "green"), RETIRED: (":material/archive:", "gray")}
    icon, colour = look.get(state, (":material/history:", "gray"))
    st.badge(state, icon=icon, color=colour)  # type: ignore[arg-type]  # the names above are all of its own


def _heading(asker: Asker, card: Scorecard, shown: VersionKept, versions: Sequence[VersionKept]) -> None:
    st.title(literal(card.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        show_state(state_of(shown, versions))
        facts = (
            f"version {card.version}",
            count(shown.questions, "question"),
            f"passes from {card.pass_mark:g} of 100",
            languages.name(card.language),
            f"{count(shown.calls, 'call')} scored",
        )
        st.markdown(" · ".join(facts), width="content")
    if card.description:
        st.markdown(literal(card.description))
    if card.bands:
        bands = sorted(card.bands, key=lambda band: -band.lowest)
        st.markdown(literal("Bands: " + ", ".join(f"{band.name} from {band.lowest:g}" for band in bands)))
    with st.container(horizontal=True):
        if st.button("Make changes", type="primary", icon=":material/edit:", help="Begins a draft; nothing changes yet."):
            _begin(asker, card, based_on=card.version)
        if st.button(
            "Use as a pattern", icon=":material/content_copy:", help="Begins a new scorecard as a copy of this one."
        ):
            _begin(asker, card, based_on=None)
        st.download_button(
            "Download",
            lambda: dump_scorecard(card),
            f"{card.id}.yaml",
            "application/yaml",
            icon=":material/download:",
            on_click="ignore",
            help="The whole scorecard as a YAML file, which can be taken in again here or used at the command line.",
        )
        if shown.active:
            if st.button("Retire", icon=":material/archive:"):
                _ask_to_retire(asker, card)
        elif not any(one.active for one in versions) and st.button("Put into use again", icon=":material/unarchive:"):
            number = attempt(lambda: data_scorecards.restore(asker, card.id))
            if number is not None:
                go(f"Version {number} is in use again.", card=card.id)


def _begin(asker: Asker, card: Scorecard, based_on: int | None) -> None:
    values = data_scorecards.values_of(card)
    if based_on is None:
        values["title"] = f"Copy of {card.title}"
    draft = attempt(lambda: data_scorecards.new_draft(asker, values, based_on))
    if draft is not None:
        go(draft=draft.id)


@st.dialog("Retire this scorecard?")
def _ask_to_retire(asker: Asker, card: Scorecard) -> None:
    st.markdown(
        f"**{literal(card.title)}** will judge no more calls. What it said of calls so far stays as it is, and it can be "
        "put into use again."
    )
    if st.button("Retire it", type="primary") and done(lambda: data_scorecards.retire(asker, card.id)):
        go(f"{literal(card.title)} is retired.", card=card.id)


# The questions


def shares(card: Scorecard) -> dict[str, float]:
    """The share of 100 that each question makes of the total where every question counts, by its id."""
    weights = {criterion.id: criterion.weight for _, criterion in card if not criterion.bonus}
    return {id_: 100 * weight / sum(weights.values()) for id_, weight in weights.items()}


def show_questions(card: Scorecard) -> None:
    """Every section with its questions."""
    share = shares(card)
    for section in card.sections:
        own = sum(share.get(criterion.id, 0) for criterion in section.criteria)
        st.subheader(f"{literal(section.title)} · {own:.0f} of 100", anchor=False)
        for criterion in section.criteria:
            with st.container(border=True):
                _question(card, criterion, share.get(criterion.id))


def _question(card: Scorecard, criterion: Criterion, share: float | None) -> None:
    st.markdown(f"**{literal(criterion.question)}**")
    answered = rule_in_words(criterion.rule)
    facts = ["a bonus" if share is None else f"{share:.1f} of 100", f"answered by {answered[0].value}"]
    if criterion.answers != YES_NO:
        answers = (f"{option.label} {100 * option.points:g} %" for option in criterion.options)
        facts.append(literal(f"answers: {', '.join(answers)}"))
    if criterion.asked_when is not None:
        facts.append(literal(f"asked only where {asked_words(criterion, card)}"))
    if criterion.applies_when is not None:
        facts.append("not asked of every call")
    if criterion.fails is Fails.SECTION:
        facts.append("**fails its section**")
    elif criterion.fails is Fails.SCORECARD:
        facts.append("**fails the whole scorecard**")
    st.markdown(" · ".join(facts))
    with st.expander("How it is judged"):
        show_lines(answered[1:] or answered)
        if criterion.applies_when is not None:
            st.markdown("Asked only where this holds:")
            show_lines(rule_in_words(criterion.applies_when))
        if criterion.tip:
            st.markdown(f":material/school: {literal(criterion.tip)}")


def show_lines(lines: Sequence[Said]) -> None:
    """A rule in words, as a list within lists."""
    first = min((line.level for line in lines), default=0)
    written = []
    for line in lines:
        what = " ".join(filter(None, [f"{literal(line.label)}:" if line.label else "", literal(line.value)]))
        written.append(f"{'    ' * (line.level - first)}- {what}")
    st.markdown("\n".join(written))


# What it is for, its versions and its history


def _what_it_is_for(asker: Asker, scorecard: str) -> None:
    st.subheader("What it is for", anchor=False)
    now = data_scorecards.scope_of(data_scorecards.scopes(asker), scorecard)
    st.markdown(f"{literal(now.words().capitalize()) if now.words()[0].islower() else literal(now.words())}.")
    with st.expander("Change", icon=":material/tune:"):
        wanted = ask_scope(asker, scorecard, now, f"scope {scorecard}")
        st.caption("It holds for calls that are taken in from now on.")
        pressed = st.button("Save", key="save scope", disabled=wanted == now)
        if pressed and done(lambda: data_scorecards.set_scope(asker, scorecard, wanted)):
            go(f"Saved. It is for {literal(wanted.words())}.", card=scorecard)


def _versions(shown: VersionKept, versions: Sequence[VersionKept]) -> None:
    if len(versions) < 2:
        return
    st.subheader("Versions", anchor=False)
    for one in versions:
        words = f"Version {one.version}, {state_of(one, versions).lower()}, {count(one.calls, 'call')} scored"
        if one.version == shown.version:
            st.markdown(f"**{words}**")
        else:
            st.page_link(SCORECARDS, label=words, query_params={"card": one.scorecard, "v": str(one.version)})


def _history(events: Sequence[Event]) -> None:
    if not events:
        return
    with st.expander("Who decided what", icon=":material/history:"):
        for event in events:
            what = _DECIDED[event.what].format(version=event.version)
            detail = f" {literal(event.detail)}" if event.detail else ""
            st.markdown(f"- {literal(event.author)} {what}, {moment(event.at)}.{detail}")


def ago(then: datetime) -> str:
    """How long ago: `just now`, `3 minutes ago`, else the moment."""
    minutes = int((datetime.now(UTC) - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    return f"{count(minutes, 'minute')} ago" if minutes < 60 else moment(then)
