"""How long is what kept, what may not be removed, and what was removed?"""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import access, data_keeping
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import literal
from errors import AttuneError
from pipeline.export_person import PersonKind
from storage.about_person import MOST_FOUND
from storage.access import Asker, Right, may
from storage.erasure import Taught
from storage.holds import Hold, Scope
from storage.keeping import Report, ReportKind
from storage.removal import Kept
from storage.sealed_words import words_are_sealed

_KEPT = {Kept.AUDIO: "Recordings", Kept.WORDS: "What was said", Kept.SCORES: "Scores"}
_SCOPES = {
    Scope.CALL: "One call, by its id",
    Scope.AGENT: "All calls of an agent",
    Scope.CUSTOMER: "All calls of a customer",
}
_PERSONS = {
    PersonKind.CUSTOMER: "A customer",
    PersonKind.AGENT: "An agent",
    PersonKind.REVIEWER: "A reviewer",
    PersonKind.COACH: "A coach",
    PersonKind.QUALITY_MANAGER: "A quality manager",
    PersonKind.ADMINISTRATOR: "An administrator",
}
_MADE = "all about a person"
_HELD = {Scope.CALL: "Call", Scope.AGENT: "Agent", Scope.CUSTOMER: "Customer"}
_REPORTS = {
    ReportKind.RETENTION: "Kept long enough, removed",
    ReportKind.ERASURE: "A customer erased",
    ReportKind.EXPORT: "All about a person handed out",
    ReportKind.REDACTION: "Private words taken out of stored calls",
}


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.HOLD)
    st.title("Keeping", anchor=False)
    st.caption(
        "Recordings, what was said and scores are kept until told otherwise. Calls under a legal hold are kept whatever is "
        "set, and whoever asks for them to be erased."
    )
    show_what_was_said()
    if not may(asker, Right.ADMINISTER):
        _holds(asker)
        return
    names = ["How long", "Legal holds", "Erase a customer", "All about a person", "What was removed"]
    how_long, holds, erasing, handing_out, removed = st.tabs(names, key="show", bind="query-params")
    with how_long:
        _how_long(asker)
    with holds:
        _holds(asker)
    with erasing:
        _erasing(asker)
    with handing_out:
        _handing_out(asker)
    with removed:
        _removed(data_keeping.reports(asker))


def _how_long(asker: Asker) -> None:
    rules = data_keeping.rules()
    if not rules:
        st.write("Everything is kept: no setting says for how long.")
    else:
        _table(
            "kept",
            "What is kept for how long",
            {
                "What": [_KEPT[rule.kind] for rule in rules],
                "Team": [rule.team or "every other" for rule in rules],
                "Kept": [f"{rule.days} day{'' if rule.days == 1 else 's'}" if rule.days else "until told" for rule in rules],
            },
        )
    st.write(
        "The four settings *Keep …* are changed on the page *Settings*. Once a day, what is older is removed; of the call "
        "there stay who spoke when, and the numbers that are kept longer."
    )
    due = data_keeping.due(asker)
    if not due:
        st.write("Nothing is due to be removed now.")
        return
    st.subheader("Due now", anchor=False)
    _table(
        "due",
        "Due now",
        {
            "What": [_KEPT[one.kind] for one in due],
            "Team": [one.team or "none" for one in due],
            "Calls": [one.calls for one in due],
            "Under a legal hold, kept": [one.held for one in due],
        },
    )
    sure = st.checkbox("I know that it cannot be brought back.")
    if st.button("Remove it now", type="primary", disabled=not (sure and any(one.calls for one in due))):
        do_and_say(_remove)


def _remove() -> str:
    done = data_keeping.remove_now(access.required_asker(Right.ADMINISTER))
    said = ", ".join(f"{_KEPT[one.kind].lower()} of {one.calls} calls ({one.team or 'no team'})" for one in done.went)
    return f"Removed: {said}." if said else "There was nothing left to remove."


def _holds(asker: Asker) -> None:
    st.subheader("Legal holds", anchor=False)
    released = st.toggle("Also those that were released")
    found = data_keeping.legal_holds(asker, released)
    if not found:
        st.write("Nothing is under a legal hold.")
    else:
        _table(
            "holds",
            "Legal holds",
            {
                "Number": [one.id for one in found],
                "On": [f"{_HELD[one.scope]}: {one.target}" for one in found],
                "Calls so far": [one.calls for one in found],
                "Why": [one.reason for one in found],
                "By": [one.author for one in found],
                "Since (UTC)": [one.at.strftime("%d %b %Y") for one in found],
                "Released": [_released(one) for one in found],
            },
        )
    add, end = st.columns(2, gap="large")
    with add, st.form("hold", border=False):
        scope = st.selectbox("Hold", list(_SCOPES), format_func=_SCOPES.__getitem__)
        target = st.text_input("Which", placeholder="The call's id, or the name")
        reason = st.text_input("Why they have to be kept")
        if st.form_submit_button("Put under legal hold", type="primary"):
            do_and_say(lambda: _set(scope, target, reason))
    in_force = [one for one in found if one.released_at is None]
    if in_force:
        with end, st.form("release", border=False):
            chosen = st.selectbox("Release", in_force, format_func=lambda one: f"{one.id}: {_HELD[one.scope]} {one.target}")
            why = st.text_input("Why they need not be kept any longer")
            if st.form_submit_button("Release"):
                do_and_say(lambda: _release(chosen.id, why))


def _released(hold: Hold) -> str:
    if hold.released_at is None:
        return ""
    return f"{hold.released_at:%d %b %Y} by {hold.released_by}: {hold.release_reason}"


def _set(scope: Scope, target: str, reason: str) -> str:
    number = data_keeping.set_hold(access.required_asker(Right.HOLD), scope, target, reason)
    return f"Hold {number} is in force: nothing of these calls is removed."


def _release(number: int, why: str) -> str:
    data_keeping.release_hold(access.required_asker(Right.HOLD), number, why)
    return f"Hold {number} is released."


def _erasing(asker: Asker) -> None:
    st.write(
        "Their words, sound, name and number go from calls, files, notes and the inbox; scores stay as numbers. What is "
        "found, and its fingerprints, are kept as a report."
    )
    customer = st.text_input(
        "Customer", key="customer", placeholder="The name or the number, as the list of calls has it"
    ).strip()
    if not customer:
        return
    try:
        found = data_keeping.found_of(asker, customer)
    except AttuneError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not found.calls and not found.waiting:
        st.write("No call carries this name or number.")
        return
    _table(
        "found",
        "Calls of this customer",
        {
            "Call": [call.id for call in found.calls],
            "When (UTC)": [call.started_at.strftime("%d %b %Y, %H:%M") for call in found.calls],
            "Recording": ["yes" if call.recording else "no" for call in found.calls],
        },
    )
    files = f"{len(found.files)} files with sound or words, {len(found.waiting)} waiting in the inbox"
    st.write(f"{files}, and words in {sum(found.rows.values())} rows of the database.")
    sure = st.checkbox("I know that they cannot be brought back.")
    if st.button("Erase", type="primary", disabled=not sure):
        do_and_say(lambda: _erase(customer))


def _erase(customer: str) -> str:
    done = data_keeping.erase(access.required_asker(Right.ADMINISTER), customer)
    elsewhere = sum(done.named.values())
    stands = f" The name still stands in {elsewhere} other rows, which the report names." if elsewhere else ""
    return f"Erased from {len(done.calls)} calls; report {done.report}.{stands}{_taught(done.taught)}"


def _taught(taught: Sequence[Taught]) -> str:
    if not taught:
        return ""
    names = ", ".join(f"{one.id} ({one.what}{', in force' if one.in_force else ''})" for one in taught)
    where = "Teach anew on “Teach the machine”, reasons on “Why they call”."
    return f" Taught from their calls too, and keeping what they learned: {names}. {where}"


def _handing_out(asker: Asker) -> None:
    st.write(
        "One zip file, for somebody who asks what is kept about them. Its README says what is in each file, what was left "
        "out, and why. It names the people at work who did something, and an agent's file holds customers' words: look at "
        "it before you hand it on."
    )
    about, who = st.columns([1, 2])
    kind = about.selectbox("About", list(_PERSONS), format_func=_PERSONS.__getitem__, key="kind_of_person")
    hint = "The name or the number" if kind is PersonKind.CUSTOMER else "A part of the name or of the e-mail address"
    text = who.text_input("Who", key="person", placeholder=hint).strip()
    found = data_keeping.people(asker, kind, text)
    if not found:
        st.write(_nobody(kind, text))
    else:
        chosen = st.radio(
            "Found",
            found,
            format_func=lambda one: f"{literal(one.name)}: {literal(one.detail)}",
            key=f"{kind.value} {text}",
        )
        if len(found) == MOST_FOUND:
            st.caption(f"The first {MOST_FOUND}; say more of the name to find others.")
        if st.button("Put it together", type="primary") and chosen is not None:
            st.session_state.pop(_MADE, None)
            try:
                st.session_state[_MADE] = (chosen, data_keeping.person(asker, kind, chosen.key))
            except AttuneError as error:
                st.error(str(error), icon=":material/error:")
    made = st.session_state.get(_MADE)
    if made is not None:
        whose, packed = made
        size = f"{len(packed) / 1e6:.1f} MB" if len(packed) >= 100_000 else f"{len(packed) / 1e3:.0f} kB"
        of_whom = f"All about {literal(whose.name)} ({literal(whose.detail)})"
        st.write(f"{of_whom}: {size}. That it was put together stands in the record.")
        st.download_button("Take it along", packed, "about-a-person.zip", "application/zip", icon=":material/download:")


def _nobody(kind: PersonKind, text: str) -> str:
    """What is said where there is nobody to choose."""
    if kind is not PersonKind.CUSTOMER:
        return f"Nobody like that is {_PERSONS[kind].lower()}." if text else f"Nobody is {_PERSONS[kind].lower()} yet."
    if not text:
        return "Type the customer's name, or the number that the list of calls has, to see what is kept about them."
    whole = " Names lie encrypted here: type the whole name, exactly as the list of calls has it."
    return "No call, waiting file or legal hold carries this name or number." + (whole if words_are_sealed() else "")


def _removed(reports: tuple[Report, ...]) -> None:
    if not reports:
        st.write("Nothing was removed yet.")
        return
    _table(
        "removed",
        "What was removed",
        {
            "Number": [one.id for one in reports],
            "What": [_REPORTS[one.kind] for one in reports],
            "Of how much": [_figures(one) for one in reports],
            "By": [one.author for one in reports],
            "When (UTC)": [one.at.strftime("%d %b %Y, %H:%M") for one in reports],
        },
    )


def _figures(report: Report) -> str:
    figures = report.figures
    if report.kind is ReportKind.RETENTION:
        removed = [
            f"{_KEPT[Kept(one['kind'])].lower()} of {one['calls']} calls, {one['team'] or 'no team'}"
            for one in figures["removed"]
        ]
        return "; ".join([*removed, *([f"{figures['cases']} cases without calls"] if figures.get("cases") else [])])
    return f"{figures['calls'] if isinstance(figures['calls'], int) else len(figures['calls'])} calls"


def _table(key: str, caption: str, columns: Mapping[str, Sequence[str | int]]) -> None:
    numbers = {name: all(isinstance(one, int) for one in cells) for name, cells in columns.items()}
    rows = [
        table.Row([table.number(one) if isinstance(one, int) else table.text(one) for one in cells])
        for cells in zip(*columns.values(), strict=True)
    ]
    show_table_with_downloads(key, caption, [table.Column(name, number) for name, number in numbers.items()], rows)


if __name__ == "__main__":
    show()
