"""Who did what to scores, scorecards, rights and settings, and who opened which call?"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import access, data_record
from dashboard.pages import call_address
from dashboard.widgets import record, table
from dashboard.widgets.downloads import MOST_ROWS, show_downloads
from dashboard.widgets.filters import choose_one
from dashboard.widgets.frame import nothing_here
from dashboard.widgets.words import count, day, moment
from storage.access import Asker, Right, may
from storage.audit import About, Entry
from storage.audit_search import Other, Wanted

PAGE_ROWS = 50

ANYBODY, ANYTHING = "Anybody", "Anything"

NAMED_BY_ID = {
    About.CALL: "Its id, or the address of its page",
    About.SCORECARD: "Its short name",
    About.BEHAVIOUR: "Its name",
}
"""What is asked for to name one thing of a kind."""


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.READ_RECORD)
    st.title("Record", anchor=False)
    st.caption(
        "Everything that changed a score, a scorecard, a right or a setting, and every opening of a call. Entries are only "
        "ever added; each carries the fingerprint of the one before."
        if may(asker, Right.READ_ALL_RECORD)
        else "What changed scores, scorecards and settings. Who opened calls and who signed in is for administrators."
    )
    people = data_record.people(asker)
    wanted = _wanted(asker, people)
    _list(asker, wanted, people)
    if may(asker, Right.READ_ALL_RECORD):
        _whole(asker)


# Which entries


def _wanted(asker: Asker, people: Mapping[int, str]) -> Wanted:
    kinds = {record.KINDS[kind]: kind for kind in data_record.read_by(asker)}
    others = {record.OTHERS[other]: other for other in Other}
    named = _told_apart(people)
    about = {words: kind for kind, words in record.ABOUT.items()}
    first, second, third, fourth = st.columns([1.3, 1.3, 1, 1], vertical_alignment="bottom")
    with first:
        who = choose_one("Who", "who", [ANYBODY, *others, *named], ANYBODY)
    with second:
        kind = choose_one("What", "what", [ANYTHING, *kinds], ANYTHING)
    start = third.date_input("From", None, key="from", help="The first day, in UTC", format="DD/MM/YYYY")
    end = fourth.date_input("To", None, key="to", help="The last day, in UTC", format="DD/MM/YYYY")
    left, right, _ = st.columns([1.3, 1.3, 2], vertical_alignment="bottom")
    with left:
        thing = about.get(choose_one("Done to", "about", [ANYTHING, *about], ANYTHING))
    with right:
        about_id = _which(thing, people) if thing else ""
    return Wanted(
        who=named.get(who, others.get(who)),
        kind=kinds.get(kind),
        about=thing,
        about_id=about_id,
        start=start if isinstance(start, date) else None,
        end=end if isinstance(end, date) else None,
    )


def _told_apart(people: Mapping[int, str]) -> dict[str, int]:
    """The ids by names to choose from; two of the same name are told apart by their ids."""
    twice = {name for name in people.values() if list(people.values()).count(name) > 1}
    return {f"{name} ({id_})" if name in twice else name: id_ for id_, name in people.items()}


def _which(kind: About, people: Mapping[int, str]) -> str:
    """The id of the one thing that is asked for; empty for all of its kind."""
    if kind is About.PERSON:
        named = _told_apart(people)
        chosen = choose_one("Which person", "person", [ANYBODY, *named], ANYBODY)
        return str(named[chosen]) if chosen in named else ""
    given: str = st.text_input("Which one", key=f"which {kind}", placeholder=NAMED_BY_ID.get(kind, "Its number"))
    return _id_in(given)


def _id_in(given: str) -> str:
    """The id within what somebody pasted, such as the address of a call's page."""
    query = given.partition("?")[2]
    ids = [value for name, _, value in (part.partition("=") for part in query.split("&")) if name == "id"]
    return ids[0] if ids else given.strip()


# What there is


def _list(asker: Asker, wanted: Wanted, people: Mapping[int, str]) -> None:
    key = f"record before {wanted}"
    turned: list[int] = st.session_state.setdefault(key, [])
    entries = data_record.search(asker, wanted, PAGE_ROWS + 1, turned[-1] if turned else None)
    if not entries:
        if wanted == Wanted():
            nothing_here("Nothing yet", "What is done from now on stands here, such as an answer that somebody changes.")
        else:
            nothing_here("Nothing of the kind", "Take one of the conditions above away, or widen the days.")
        return
    shown = entries[:PAGE_ROWS]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Entries {shown[0].number} to {shown[-1].number}** · latest first", width="content")
        show_downloads("record", "The record, latest first", partial(_taken, wanted), _filters(wanted, people))
    names = data_record.names(asker, shown)
    columns = [
        table.Column("No.", number=True),
        table.Column("When"),
        table.Column("Who"),
        table.Column("What"),
        table.Column("Done to"),
        table.Column("Details"),
    ]
    table.show_table("record", "The record, latest first", columns, [_row(entry, names) for entry in shown])
    _turn(turned, shown, more=len(entries) > PAGE_ROWS)


def _row(entry: Entry, names: Mapping[tuple[str, str], str]) -> table.Row:
    name, below = record.thing(entry, names)
    is_call = entry.about == About.CALL and (entry.about, entry.about_id) in names
    return table.Row(
        [
            table.number(entry.number),
            table.text(moment(entry.at), sort=entry.number, nowrap=True),
            table.text(entry.who, record.role(entry)),
            table.text(record.done(entry)),
            table.text(name, below, link=is_call),
            table.text(record.details(entry)),
        ],
        href=call_address(entry.about_id) if is_call else "",
    )


def _turn(turned: list[int], shown: Sequence[Entry], more: bool) -> None:
    if not turned and not more:
        return
    with st.container(horizontal=True, horizontal_alignment="center"):
        if st.button("Later entries", icon=":material/arrow_back:", disabled=not turned):
            turned.pop()
            st.rerun()
        if st.button("Earlier entries", icon=":material/arrow_forward:", disabled=not more):
            turned.append(shown[-1].number)
            st.rerun()


def _taken(wanted: Wanted, asker: Asker) -> pd.DataFrame:
    """The entries of the filter, as far as one file goes, with columns named as people read them."""
    entries = data_record.search(asker, wanted, MOST_ROWS + 1)
    names = data_record.names(asker, entries)
    return pd.DataFrame(
        [
            {
                "No.": entry.number,
                "When": entry.at,
                "Who": entry.who,
                "Role": record.role(entry),
                "What": record.done(entry),
                "Done to": record.thing(entry, names)[0],
                "Id": entry.about_id,
                "Details": record.details(entry),
                "Fingerprint": entry.hash,
            }
            for entry in entries
        ]
    )


def _filters(wanted: Wanted, people: Mapping[int, str]) -> dict[str, str]:
    """What the list is filtered by, in words; only what is asked for."""
    who = record.OTHERS[wanted.who] if isinstance(wanted.who, Other) else people.get(wanted.who or 0, "")
    said = {
        "By": who,
        "Sort": record.KINDS[wanted.kind] if wanted.kind else "",
        "Done to": " ".join(part for part in (record.ABOUT[wanted.about] if wanted.about else "", wanted.about_id) if part),
        "From": day(wanted.start) if wanted.start else "",
        "To": day(wanted.end) if wanted.end else "",
    }
    return {name: words for name, words in said.items() if words}


# Is it whole?


def _whole(asker: Asker) -> None:
    st.subheader("Has anybody tampered with it?", anchor=False)
    head = data_record.head()
    st.markdown(
        "A change, a gap or an entry put in between shows when all of the record is read. That its end was cut off, or all "
        "of it written anew by whoever owns the database, shows only beside a note kept elsewhere. "
        "Note this once a day, in a place that they cannot write:"
    )
    st.code(str(head), language=None)
    st.caption("Later: `cli.py audit check --head` with that note.")
    if st.button("Read all of it now", icon=":material/fact_check:"):
        with st.spinner(f"Reading {count(head.number, 'entry', 'entries')} …"):
            checked = data_record.check(asker)
        if checked.faults:
            listed = "\n".join(f"- {fault}" for fault in checked.faults[:20])
            st.error(f"The record was tampered with.\n\n{listed}", icon=":material/gpp_bad:")
        else:
            st.success(
                f"All {count(checked.entries, 'entry', 'entries')} follow on one another.", icon=":material/verified:"
            )


if __name__ == "__main__":
    show()
