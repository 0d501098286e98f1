"""How is what a question asks of a call filled in, whatever way it is answered, without a line of YAML?

The forms come from `scoring.criteria.forms`, which reads them off the kinds' own parameters: one function here draws each
sort of input, and rules within rules are drawn by the same functions.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.editor import sheet as on
from dashboard.editor.sheet import Sheet
from scorecards.load import Place
from scoring.criteria.forms import Field, Form, Input, form_of, meant
from scoring.criteria.learned import LEARNED
from scoring.criteria.words import KINDS_IN_WORDS

_EXAMPLES = {"phrases": "such as: thank you for calling", "examples": "such as: I can hear how upsetting this has been"}
_NOTHING = "nothing in particular"


def rule_form(sheet: Sheet, owner: dict[str, Any], place: Place, label: str = "This is answered by") -> None:
    """A rule: the way in which it is answered, and what that asks for. `owner` holds `kind` and `with`."""
    before = owner.get("kind")
    # What was taught cannot be filled in by hand; where it stands it can be kept, or exchanged for another way.
    kinds = {kind: words.label for kind, words in KINDS_IN_WORDS.items() if kind != LEARNED or before == LEARNED}
    on.choice(sheet, owner, "kind", place, label, kinds)
    kind = owner.get("kind")
    if kind not in kinds:
        return
    if kind != before:
        _carry_over(owner, before)
    form = form_of(kind)
    st.caption(form.help)
    if kind == LEARNED:
        return
    params = owner.get("with")
    if not isinstance(params, dict):
        params = {}
    form_fields(sheet, form, params, (*place, "with"))
    if params or "with" in owner:
        owner["with"] = params
    if not params:
        owner.pop("with", None)
    sheet.say(*place, "with")


def form_fields(sheet: Sheet, form: Form, owner: dict[str, Any], place: Place) -> None:
    """Every field of a form; those that few need are kept out of the way until somebody asks for them."""
    for field in form.fields:
        if not field.rare:
            _field(sheet, form, field, owner, place)
    rare = [field for field in form.fields if field.rare]
    if rare:
        filled = any(field.name in owner for field in rare)
        wrong = any(sheet.count(*place, field.name) for field in rare)
        with st.expander("More settings", expanded=filled or wrong, key=sheet.work.key(*place, form.name, "more")):
            for field in rare:
                _field(sheet, form, field, owner, place)


def _field(sheet: Sheet, form: Form, field: Field, owner: dict[str, Any], place: Place) -> None:
    name, label, help = field.name, field.label, field.help
    match field.input:
        case Input.TEXT:
            on.text(sheet, owner, name, place, label, help=help)
        case Input.LINES:
            on.lines(sheet, owner, name, place, label, help=help, one=_EXAMPLES.get(name, ""))
        case Input.WHOLE:
            on.number(sheet, owner, name, place, label, help=help, default=field.default)
        case Input.NUMBER:
            step = 5.0 if "seconds" in name else 0.01
            on.number(sheet, owner, name, place, label, help=help, default=field.default, step=step)
        case Input.CHOICE:
            on.choice(sheet, owner, name, place, label, field.options or {}, help=help, default=field.default)
        case Input.CHOICES:
            on.choices(sheet, owner, name, place, label, field.options or {}, help=help)
        case Input.BAND:
            on.band(sheet, owner, name, place, label, help=help, needed=field.needed)
        case Input.GROUP:
            _group(sheet, field, owner, place)
        case Input.EITHER:
            _either(sheet, field, owner, place)
        case Input.RULE:
            with st.container(border=True):
                held = owner.get(name)
                inner: dict[str, Any] = held if isinstance(held, dict) else {}
                rule_form(sheet, inner, (*place, name), label)
                if inner:
                    owner[name] = inner
                sheet.say(*place, name)
        case Input.RULES:
            _rules(sheet, field, owner, place)


def _group(sheet: Sheet, field: Field, owner: dict[str, Any], place: Place) -> None:
    """A form within the form, which may be left empty altogether."""
    raw = owner.get(field.name)
    inner: dict[str, Any] = raw if isinstance(raw, dict) else {}
    where = (*place, field.name)
    with st.expander(field.label, expanded=bool(inner) or bool(sheet.count(*where)), key=sheet.work.key(*where, "open")):
        if field.help:
            st.caption(field.help)
        form_fields(sheet, field.forms[0], inner, where)
        sheet.say(*where)
    if inner:
        owner[field.name] = inner
    else:
        owner.pop(field.name, None)


def _either(sheet: Sheet, field: Field, owner: dict[str, Any], place: Place) -> None:
    """One of several forms, or nothing."""
    raw = owner.get(field.name)
    where = (*place, field.name)
    forms = {form.name: form for form in field.forms}
    now = meant(field.forms, raw).name if isinstance(raw, Mapping) else ""
    chosen = st.selectbox(
        field.label,
        ["", *forms],
        index=["", *forms].index(now),
        format_func=lambda name: forms[name].label if name else _NOTHING,
        key=sheet.work.key(*where, "which"),
        help=field.help or None,
    )
    if not chosen:
        owner.pop(field.name, None)
        return
    inner: dict[str, Any] = raw if isinstance(raw, dict) and chosen == now else {}
    with st.container(border=True):
        form_fields(sheet, forms[chosen], inner, (*where, chosen))
        # Which of the forms it is shows in what is filled in; so an empty one says it by its needed name.
        owner[field.name] = inner or {_telling(forms[chosen]): []}
        sheet.say(*where)


def _telling(form: Form) -> str:
    """The name by which an empty form is known: one that it needs, else its first list."""
    return next((field.name for field in form.fields if field.needed or field.input is Input.LINES), form.fields[0].name)


def _rules(sheet: Sheet, field: Field, owner: dict[str, Any], place: Place) -> None:
    """Several rules, one below the other."""
    raw = owner.get(field.name)
    rules: list[Any] = raw if isinstance(raw, list) else []
    owner[field.name] = rules
    where = (*place, field.name)
    for at, rule in enumerate(rules):
        if not isinstance(rule, dict):
            rules[at] = rule = {}
        with st.container(border=True):
            asked, menu = st.columns([8, 1], vertical_alignment="top")
            with menu:
                _menu(sheet, rules, at, (*where, at))
            with asked:
                rule_form(sheet, rule, (*where, at), f"{at + 1}. This is answered by")
            sheet.say(*where, at)
    if st.button("Add a thing that is judged", icon=":material/add:", key=sheet.work.key(*where, "add")):
        on.later(sheet, lambda: rules.append({"kind": "says.v1"}))
    sheet.say(*where)


def _menu(sheet: Sheet, items: list[Any], at: int, place: Place) -> None:
    """Move it up or down, or take it out."""
    options = [
        *(["Move up"] if at else []),
        *(["Move down"] if at + 1 < len(items) else []),
        "Take it out",
    ]
    chosen = st.menu_button("⋯", options, key=sheet.work.key(*place, "menu"), type="tertiary", help="Move or take out")
    if chosen:
        on.later(sheet, lambda: move(items, at, chosen))


def move(items: list[Any], at: int, how: str) -> None:
    """Move one of a list up or down, or take it out."""
    if how == "Take it out":
        del items[at]
    else:
        to = at - 1 if how == "Move up" else at + 1
        items[at], items[to] = items[to], items[at]


def _carry_over(owner: dict[str, Any], before: Any) -> None:
    """Keep of what was filled in what the new way of answering asks for as well."""
    known = {field.name: field for field in form_of(owner["kind"]).fields}
    params, old = owner.get("with"), {}
    if isinstance(before, str) and before in KINDS_IN_WORDS:
        old = {field.name: field for field in form_of(before).fields}
    kept = {
        name: value
        for name, value in (params.items() if isinstance(params, dict) else ())
        if name in known and name in old and (known[name].input, known[name].options) == (old[name].input, old[name].options)
    }
    owner["with"] = kept
