"""How does somebody work on a draft: the whole of it in view, one question at a time, and the calls beside?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard import data_scorecards
from dashboard.editor import sheet as on
from dashboard.editor.beginning import EMPTY
from dashboard.editor.fields import move
from dashboard.editor.places import done, go, say_what_changed
from dashboard.editor.question import free_id, question_form, share_of, show_name
from dashboard.editor.reading import ago
from dashboard.editor.scope_form import ask_scope
from dashboard.editor.sheet import Sheet
from dashboard.editor.trial import show_trial
from dashboard.editor.work import Work, finish, leave, problems_of, work_on
from dashboard.pages import SCORECARDS, WHAT_IF
from dashboard.widgets.words import count, literal
from errors import Problem, StorageError
from scorecards.dump import dump_scorecard
from scorecards.load import Place
from scoring.criteria import check_data
from storage.access import Asker
from storage.scorecard_drafts import Aside
from transcripts import languages

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
OTHER_EDITOR = timedelta(minutes=30)
"""For so long after their last change somebody is taken to be at work."""

_UP, _DOWN, _OUT, _COPY = "Move up", "Move down", "Take it out", "Make a copy"


def show_draft(asker: Asker, draft_id: int) -> None:
    """Draw a draft with its form and its calls, and save what was changed."""
    try:
        work = work_on(asker, draft_id)
    except StorageError as wrong:
        st.page_link(SCORECARDS, label="Scorecards", icon=":material/arrow_back:", query_params={})
        st.title("Draft", anchor=False)
        st.write(str(wrong))
        leave()
        return
    sheet = Sheet(work, problems_of(work))
    chosen = work.find(st.query_params.get("q", ""))
    _heading(asker, work, sheet.before)
    say_what_changed()
    _others(asker, work)
    form, trial = st.columns([6, 5], gap="large")
    with form:
        if chosen is None:
            _whole(sheet)
        else:
            _one_question(sheet, chosen[0], chosen[1])
    with trial.container(key="trying"):
        show_trial(asker, work, None if chosen is None else str(chosen[2].get("id")))
    sheet.fill_in(problems_of(work))
    finish(asker, work)


def _heading(asker: Asker, work: Work, problems: Sequence[Problem]) -> None:
    st.page_link(SCORECARDS, label="Scorecards", icon=":material/arrow_back:", query_params={})
    title = work.data.get("title")
    st.title(literal(title) if isinstance(title, str) and title else "Untitled scorecard", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("Draft", icon=":material/edit_note:", color="violet")
        begun = f"begun from version {work.draft.based_on}" if work.draft.based_on else "a new scorecard"
        st.markdown(f"{begun} · every change is saved · last saved {ago(work.draft.updated_at)}", width="content")
        if problems:
            st.badge(f"{count(len(problems), 'thing')} to put right", icon=":material/error:", color="orange")
    with st.container(horizontal=True):
        if st.button("Activate", type="primary", icon=":material/rocket_launch:", disabled=bool(problems),
                     help="Put what stands to the left right first." if problems else "Asks once more."):  # fmt: skip
            _ask_to_activate(asker, work)
        st.download_button(
            "Download", lambda: _as_file(work), f"{work.draft.scorecard}.yaml", "application/yaml",
            icon=":material/download:", on_click="ignore", disabled=bool(problems),
            help="As a YAML file, which can be taken in again here.",
        )  # fmt: skip
        if st.button("Discard", icon=":material/delete:"):
            _ask_to_discard(asker, work)


def _as_file(work: Work) -> str:
    scorecard = check_data({**work.data, "version": (work.draft.based_on or 0) + 1}).scorecard
    return dump_scorecard(scorecard) if scorecard else ""


# Activating and discarding


@st.dialog("Activate this scorecard?", width="medium")
def _ask_to_activate(asker: Asker, work: Work) -> None:
    draft = work.draft
    new = draft.based_on is None
    st.markdown(
        f"**{literal(draft.title)}** judges calls that are taken in from now on"
        + (". " if new else ", in the place of the version in use. ")
        + "A version that has judged a call never changes; what earlier versions said stays."
    )
    st.page_link(WHAT_IF, label="First see what it would have said of past calls", icon=":material/experiment:")
    scopes = data_scorecards.scopes(asker)
    now = data_scorecards.scope_of(scopes, draft.scorecard, new=new)
    scope = ask_scope(asker, draft.scorecard, now, f"activate {draft.id}")
    st.markdown(f"It will judge **{literal(scope.words())}**.")
    name = draft.scorecard
    if new:
        begun = name.startswith(str(EMPTY["id"]))
        name = st.text_input(
            "Short name", free_id(draft.title, [], "scorecard") if begun else name, max_chars=60,
            help="Names it in a list of calls and at the command line: small letters, digits and _. It stays as it is then.",
        ).strip()  # fmt: skip
    if st.button("Activate it", type="primary"):
        made = []
        if done(lambda: made.append(data_scorecards.activate_draft(asker, draft, scope, name))):
            leave()
            go(f"Version {made[0].version} is in use, for {literal(scope.words())}.", card=made[0].id)


@st.dialog("Discard this draft?")
def _ask_to_discard(asker: Asker, work: Work) -> None:
    st.markdown(f"The draft of **{literal(work.draft.title)}** is put away. No scorecard in use changes.")
    if st.button("Discard it", type="primary") and done(lambda: data_scorecards.discard_draft(asker, work.draft.id)):
        leave()
        go("The draft is put away.", discarded=work.draft.id)


# Others at work


def _others(asker: Asker, work: Work) -> None:
    """Who else edits it, and what of theirs and mine could not be put together."""
    for user, (name, at) in work.draft.editors.items():
        if user != asker.user_id and datetime.now(UTC) - at < OTHER_EDITOR:
            st.info(
                f"{literal(name)} edits this draft too (last change {ago(at)}). You both keep what you do.",
                icon=":material/group:",
            )
    for number, aside in enumerate(work.draft.aside):
        _aside(asker, work, number, aside)


def _aside(asker: Asker, work: Work, number: int, aside: Aside) -> None:
    with st.container(border=True):
        what = "took this out" if aside.value is None else "wrote"
        st.markdown(
            f":material/call_split: Two people changed **{_place_in_words(work, aside.place)}** at once. "
            f"{literal(aside.author)} {what}{'.' if aside.value is None else ':'}"
        )
        if aside.value is not None:
            st.markdown(f"> {literal(_value_in_words(aside.value))}")
        with st.container(horizontal=True):
            if st.button("Use this", key=work.key("aside", number, "use")):
                work.then(lambda: _use(asker, work, number, aside))
            if st.button("Leave it as it is now", key=work.key("aside", number, "leave")):
                work.then(lambda: _settled(asker, work, number))


def _use(asker: Asker, work: Work, number: int, aside: Aside) -> None:
    put(work.data, aside.place, aside.value)
    _settled(asker, work, number)


def _settled(asker: Asker, work: Work, number: int) -> None:
    done(lambda: data_scorecards.drop_aside(asker, work.draft.id, number))


def put(data: Any, place: Place, value: Any) -> None:
    """Write a value at a place by keys and ids; None takes out what is there. What is no longer there is left alone."""
    *way, last = place
    for step in way:
        data = _step(data, step)
        if data is None:
            return
    if isinstance(data, list):
        at = next((n for n, one in enumerate(data) if isinstance(one, Mapping) and one.get("id") == last), None)
        if at is not None:
            data[at : at + 1] = [] if value is None else [value]
    elif isinstance(data, dict):
        if value is None:
            data.pop(last, None)
        else:
            data[last] = value


def _step(data: Any, step: str | int) -> Any:
    if isinstance(data, list):
        return next((one for one in data if isinstance(one, Mapping) and one.get("id") == step), None)
    return data.get(step) if isinstance(data, dict) else None


def _place_in_words(work: Work, place: Place) -> str:
    found = [work.find(str(step)) for step in place]
    question = next((one for one in found if one is not None), None)
    what = str(place[-1]).replace("_", " ")
    return f"{literal(what)} of “{show_name(question[2])}”" if question else literal(what)


def _value_in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_value_in_words(one)}" for key, one in value.items())
    return ", ".join(map(_value_in_words, value)) if isinstance(value, list) else str(value)


# The whole of it


def _whole(sheet: Sheet) -> None:
    work = sheet.work
    about = any(sheet.count(name) for name in ("title", "pass_mark", "bands", "language", "description"))
    with st.expander("Title, pass mark and bands", expanded=about or not work.questions(), icon=":material/tune:"):
        _about(sheet)
    for n, section in enumerate(work.sections):
        with st.container(border=True):
            _section(sheet, n, section)
    if st.button("Add a section", icon=":material/add:", key=work.key("add section")):
        on.later(sheet, lambda: _add_section(work))
    sheet.say("sections")
    sheet.say()


def _about(sheet: Sheet) -> None:
    work = sheet.work
    on.text(sheet, work.data, "title", (), "Title")
    on.paragraph(sheet, work.data, "description", (), "What it is about", placeholder="For whom, and what it looks at.")
    mark, language = st.columns(2)
    with mark:
        on.number(sheet, work.data, "pass_mark", (), "A call passes from", step=5, help="The total, from 0 to 100.")
    with language:
        known = {code: languages.name(code) for code in dict.fromkeys([*LANGUAGES, str(work.data.get("language", "en"))])}
        on.choice(
            sheet, work.data, "language", (), "It judges", known, default="en",
            help="Calls in another language are left to a person.",
        )  # fmt: skip
    _bands(sheet)
    sheet.say("id")


def _bands(sheet: Sheet) -> None:
    """Names for totals, such as good from 80."""
    work = sheet.work
    raw = work.data.get("bands")
    bands: list[Any] = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    if bands:
        work.data["bands"] = bands
        st.caption("Bands: names for totals beside the pass mark")
    for at, one in enumerate(bands):
        own: Place = ("bands", at)
        name, lowest, out = st.columns([4, 3, 1], vertical_alignment="bottom")
        with name:
            on.text(sheet, one, "name", own, "Name")
        with lowest:
            on.number(sheet, one, "from", own, "From", step=5)
        with out:
            if st.button("", icon=":material/close:", key=work.key(*own, "out"), help="Take it out", type="tertiary"):
                on.later(sheet, lambda at=at: _without_band(work, bands, at))  # type: ignore[misc]
        sheet.say(*own)
    if st.button("Add a band", icon=":material/add:", key=work.key("add band"), help="A name for totals, such as good."):
        on.later(sheet, lambda: work.data.update(bands=[*bands, _new_band(bands)]))
    sheet.say("bands")


def _new_band(bands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    taken = [one.get("from") for one in bands]
    free = next((number for number in (80, 60, 40, 90, 70, 50, 30, 20, 10, 0) if number not in taken), 100)
    return {"from": free, "name": f"Band {len(bands) + 1}"}


def _without_band(work: Work, bands: list[Any], at: int) -> None:
    del bands[at]
    if not bands:
        work.data.pop("bands", None)


def _section(sheet: Sheet, n: int, section: dict[str, Any]) -> None:
    work = sheet.work
    place: Place = ("sections", n)
    title, share, menu = st.columns([7, 3, 1], vertical_alignment="bottom")
    with title:
        on.text(sheet, section, "title", place, "Section")
    shares = [share_of(work, question) for question in section["criteria"]]
    share.markdown(f"**{sum(one for one in shares if one is not None):.0f}** of 100")
    with menu:
        options = [*([_UP] if n else []), *([_DOWN] if n + 1 < len(work.sections) else []), _OUT]
        chosen = st.menu_button("⋯", options, key=work.key(*place, "menu"), type="tertiary", help="Move or take out")
        if chosen:
            on.later(sheet, lambda: move(work.sections, n, chosen))
    for at, question in enumerate(section["criteria"]):
        _row(sheet, n, at, question)
    if st.button("Add a question", icon=":material/add:", key=work.key(*place, "add")):
        id_ = free_id("question", _ids(work), "question")
        on.later(sheet, lambda: section["criteria"].append({"id": id_, "question": "", "kind": "says.v1"}), q=id_)
    sheet.say(*place)


def _row(sheet: Sheet, n: int, at: int, question: dict[str, Any]) -> None:
    """A question in the list: its words lead to its form; its weight stands beside, and what share that is."""
    work = sheet.work
    place: Place = ("sections", n, "criteria", at)
    words, weight, share, menu = st.columns([7, 2.4, 1.6, 1], vertical_alignment="center")
    with words:
        wrong = sheet.count(*place)
        label = show_name(question) if not wrong else f":red[:material/error:] {show_name(question)}"
        help = f"{count(wrong, 'thing')} to put right" if wrong else None
        if st.button(label, key=work.key(*place, "open"), type="tertiary", help=help, wrap=True):
            on.later(sheet, lambda: None, q=str(question.get("id")))
    with weight:
        on.number(sheet, question, "weight", place, "Weight", default=1, hidden=True)
    own = share_of(work, question)
    share.markdown("bonus" if own is None else f"{own:.1f}")
    with menu:
        others = [other for other in range(len(work.sections)) if other != n]
        to = {f"To “{literal(str(work.sections[other].get('title') or 'Section'))}”": other for other in others}
        last = len(work.sections[n]["criteria"]) - 1
        options = [*([_UP] if at else []), *([_DOWN] if at < last else []), *to, _COPY, _OUT]
        chosen = st.menu_button("⋯", options, key=work.key(*place, "menu"), type="tertiary", help="Move, copy or take out")
        if chosen:
            on.later(sheet, lambda: _do(work, n, at, str(chosen), to))


def _do(work: Work, n: int, at: int, chosen: str, to: Mapping[str, int]) -> None:
    questions = work.sections[n]["criteria"]
    if chosen in to:
        work.sections[to[chosen]]["criteria"].append(questions.pop(at))
    elif chosen == _COPY:
        copy = {**questions[at], "id": free_id(str(questions[at].get("id", "question")), _ids(work), "question")}
        questions.insert(at + 1, copy)
    else:
        move(questions, at, chosen)


def _add_section(work: Work) -> None:
    taken = [str(section.get("id")) for section in work.sections]
    work.sections.append({"id": free_id("section", taken, "section"), "title": "New section", "criteria": []})


def _ids(work: Work) -> list[str]:
    return [str(question.get("id")) for _, _, question in work.questions()]


# One question


def _one_question(sheet: Sheet, n: int, at: int) -> None:
    work = sheet.work
    ids = _ids(work)
    here = ids.index(str(work.sections[n]["criteria"][at].get("id")))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("All questions", icon=":material/list:", shortcut="Alt+ArrowLeft", key=work.key("all")):
            on.later(sheet, lambda: None, q="")
        before, after = ids[here - 1] if here else None, ids[here + 1] if here + 1 < len(ids) else None
        if st.button("Before", shortcut="Alt+ArrowUp", disabled=before is None, key=work.key("before")):
            on.later(sheet, lambda: None, q=str(before))
        if st.button("Next", shortcut="Alt+ArrowDown", disabled=after is None, key=work.key("next")):
            on.later(sheet, lambda: None, q=str(after))
        title = work.sections[n].get("title")
        st.markdown(f":gray[{literal(str(title or ''))}, question {here + 1} of {len(ids)}]", width="content")
    question_form(sheet, n, at)
