"""How is one thing of a draft filled in, with what is wrong with it beside it?

Every function here draws one of Streamlit's widgets for one place of the draft, and writes down what it says only where
somebody changed it: what cannot be shown (a text where a number belongs) is not lost by looking at it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.editor.work import Work
from dashboard.widgets.words import literal
from errors import Problem
from scorecards.load import Place

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MISSING = re.compile(r"the (?:key|parameter) '(\w+)' is missing")
_FILL_IN = "Fill this in."
_PLAINLY = (
    (re.compile(r"^'\w+' is empty$"), _FILL_IN),
    (re.compile(r"^'criteria' is a list.*"), "Add a question."),
    (re.compile(r"^'sections' is a list.*"), "Add a section."),
    (re.compile(r"^'options' is a list.*"), "Add an answer."),
    (re.compile(r"^'\w+' is a band of two numbers.*"), "Fill in at least one of the two."),
    (re.compile(r"^a band has at least one end.*"), "Fill in at least one of the two."),
    (re.compile(r"^the pattern “(.*?)” is no regular expression.*"), r"“\1” is no pattern that can be read."),
    (re.compile(r"^'(\w+)' is (.*)"), r"This is \2"),
    (re.compile(r"^(a|an|the|at least) (.*)"), r"Give \1 \2"),
)
MOST_LINES = 12
"""Longer lists are filled in as one text, a line each."""


def in_plain_words(problem: Problem) -> str:
    """What is wrong, as a sentence without the names that a file has for things."""
    if _MISSING.search(problem.message):
        return _FILL_IN
    for pattern, plainly in _PLAINLY:
        if pattern.search(problem.message):
            message = pattern.sub(plainly, problem.message, count=1)
            break
    else:
        message = problem.message
    message = re.sub(r"\(\*|`", "", message)
    return f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '?', '!')) else '.'}"


def place_of(problem: Problem) -> Place:
    """The place that a problem is about: of something missing, where it would be."""
    missing = _MISSING.search(problem.message)
    return (*problem.place, missing[1]) if missing else problem.place


@dataclass
class Sheet:
    """A draft at work. `before`: what was wrong with it before this drawing of the page.

    What is wrong is known only when all is drawn, for a widget brings what was typed as it is drawn: so every place keeps
    room for it, which is filled in at the end.
    """

    work: Work
    before: Sequence[Problem]
    room: list[tuple[Place, DeltaGenerator]] = field(default_factory=list)

    def count(self, *place: str | int) -> int:
        """How many problems there were at that place and below it."""
        return sum(place_of(problem)[: len(place)] == place for problem in self.before)

    def say(self, *place: str | int) -> None:
        """Keep room for what is wrong there, or below it where there is no room of its own."""
        self.room.append((place, st.empty()))

    def fill_in(self, problems: Sequence[Problem]) -> None:
        """Say what is wrong, each thing where there is room nearest to its place."""
        found: dict[int, list[str]] = {}
        for problem in problems:
            place = place_of(problem)
            fits = [n for n, (room, _) in enumerate(self.room) if place[: len(room)] == room]
            if fits:
                nearest = max(fits, key=lambda n: len(self.room[n][0]))
                found.setdefault(nearest, []).append(in_plain_words(problem))
        for n, sentences in found.items():
            words = " ".join(dict.fromkeys(sentences))
            self.room[n][1].markdown(f":red[:material/error: {literal(words)}]")


def text(
    sheet: Sheet, owner: dict[str, Any], name: str, place: Place, label: str, *, help: str = "", placeholder: str = ""
) -> None:
    """A line of text, which counts as it is typed."""
    shown = _text_of(owner.get(name))
    key = sheet.work.key(*place, name)
    given = st.text_input(label, shown, key=key, help=help or None, placeholder=placeholder, live=True)
    _write(owner, name, _clean(given), _clean(shown))
    sheet.say(*place, name)


def paragraph(
    sheet: Sheet, owner: dict[str, Any], name: str, place: Place, label: str, *, help: str = "", placeholder: str = ""
) -> None:
    """Some sentences."""
    shown = _text_of(owner.get(name))
    key = sheet.work.key(*place, name)
    given = st.text_area(label, shown, key=key, help=help or None, placeholder=placeholder, height=80)
    _write(owner, name, _clean(given), _clean(shown))
    sheet.say(*place, name)


def number(
    sheet: Sheet,
    owner: dict[str, Any],
    name: str,
    place: Place,
    label: str,
    *,
    help: str = "",
    default: float | None = None,
    step: float | None = None,
    percent: bool = False,
    hidden: bool = False,
) -> None:
    """A number, which may be left empty; what equals the default is not written down.

    percent: it is a share, and shown as 0 to 100.
    """
    raw = owner.get(name, default)
    known = raw if isinstance(raw, int | float) and not isinstance(raw, bool) else None
    shown = _shown_number(known, percent)
    given: float | None = st.number_input(
        label,
        value=shown,
        step=float(step or (5 if percent else 1)),
        format="%g",
        key=sheet.work.key(*place, name),
        help=help or None,
        placeholder="",
        label_visibility="collapsed" if hidden else "visible",
    )
    if given != shown:
        value = None if given is None else round(given / 100, 6) if percent else given
        _write(owner, name, None if value == default else _short(value), known)
    sheet.say(*place, name)


def choice(
    sheet: Sheet,
    owner: dict[str, Any],
    name: str,
    place: Place,
    label: str,
    options: Mapping[str, str],
    *,
    help: str = "",
    default: str | None = None,
) -> None:
    """One of some options."""
    shown = owner.get(name, default)
    known = list(options)
    given = st.selectbox(
        label,
        known,
        index=known.index(shown) if shown in known else None,
        format_func=lambda value: options[value],
        key=sheet.work.key(*place, name),
        help=help or None,
        placeholder="Choose one",
    )
    if given is not None and given != shown:
        _write(owner, name, None if given == default else given, shown)
    sheet.say(*place, name)


def choices(
    sheet: Sheet,
    owner: dict[str, Any],
    name: str,
    place: Place,
    label: str,
    options: Mapping[str, str],
    *,
    help: str = "",
    placeholder: str = "Choose one or more",
) -> None:
    """Any of some options."""
    raw = owner.get(name)
    held = [raw] if isinstance(raw, str | int) else list(raw) if isinstance(raw, list | tuple) else []
    shown = [str(value) for value in held if str(value) in options]
    given = st.multiselect(
        label,
        list(options),
        default=shown,
        format_func=lambda value: options[value],
        key=sheet.work.key(*place, name),
        help=help or None,
        placeholder=placeholder,
    )
    if given != shown:
        _write(owner, name, given or None, shown)
    sheet.say(*place, name)


def lines(
    sheet: Sheet, owner: dict[str, Any], name: str, place: Place, label: str, *, help: str = "", one: str = ""
) -> None:
    """Texts, a line each. A short list has a field for each, which counts as it is typed, and an empty one for the next."""
    raw = owner.get(name)
    held = [raw] if isinstance(raw, str) else [str(value) for value in raw] if isinstance(raw, list | tuple) else []
    where = (*place, name)
    rows = sheet.work.lines.setdefault(where, held)
    if len(rows) > MOST_LINES:
        _long_list(sheet, owner, name, place, label, help, held)
        return
    at = 0  # the place among those that are filled in, which problems speak of
    for n in range(len(rows) + 1):
        row = rows[n] if n < len(rows) else ""
        given = _clean(
            st.text_input(
                label if n == 0 else f"{label}, {n + 1}",
                row,
                key=sheet.work.key(*where, n),
                help=(help or None) if n == 0 else None,
                placeholder=one if not rows else "Another",
                label_visibility="visible" if n == 0 else "collapsed",
                live=True,
            )
        )
        if n < len(rows):
            rows[n] = given
        elif given:
            rows.append(given)
        if row or given:
            sheet.say(*where, at)
            at += 1
    filled = [row for row in rows if row]
    if filled != held:
        _write(owner, name, filled or None, held)
    sheet.say(*where)


def _long_list(sheet: Sheet, owner: dict[str, Any], name: str, place: Place, label: str, help: str, held: list[str]) -> None:
    shown = "\n".join(held)
    said = " ".join(filter(None, [help, "One a line."]))
    given = st.text_area(label, shown, key=sheet.work.key(*place, name), help=said, height=220)
    if given != shown:
        _write(owner, name, [line for row in given.splitlines() if (line := _clean(row))] or None, held)
    sheet.say(*place, name)


def band(
    sheet: Sheet, owner: dict[str, Any], name: str, place: Place, label: str, *, help: str = "", needed: bool = False
) -> None:
    """From and to, either may be left empty."""
    raw = owner.get(name)
    ends = list(raw) if isinstance(raw, list | tuple) and len(raw) == 2 else [None, None]
    now = [float(end) if isinstance(end, int | float) and not isinstance(end, bool) else None for end in ends]
    first, second = label.split(" … ")[0], "to"
    given: list[float | None] = []
    for n, (column, words) in enumerate(zip(st.columns(2), (first, second), strict=True)):
        with column:
            value = st.number_input(
                words,
                value=now[n],
                format="%g",
                step=0.05,
                key=sheet.work.key(*place, name, n),
                help=(help or None) if n == 0 else None,
                placeholder="no limit",
            )
        given.append(_short(value))
    if given != [_short(end) for end in now]:
        _write(owner, name, given if needed or given != [None, None] else None, raw)
    sheet.say(*place, name)


def later(sheet: Sheet, act: Callable[[], None], **goes: str) -> None:
    """Do what moves or removes something once all is drawn."""
    sheet.work.then(act, **goes)


def _write(owner: dict[str, Any], name: str, given: Any, shown: Any) -> None:
    if given == shown:
        return
    if given is None or given == "":
        owner.pop(name, None)
    else:
        owner[name] = given


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _clean(value: str | None) -> str:
    return _CONTROL.sub("", value or "").strip()


def _short(value: float | None) -> int | float | None:
    """80 rather than 80.0, as a person would write it."""
    return int(value) if value is not None and float(value).is_integer() else value


def _shown_number(known: float | None, percent: bool) -> float | None:
    if known is None:
        return None
    return round(100 * known, 4) if percent else float(known)
