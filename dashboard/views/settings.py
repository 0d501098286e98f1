"""How is Attune set up, where is that said, and who changed it?"""

import streamlit as st

from dashboard import access, data_administration
from dashboard.data_administration import Option
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.said import do_and_say, show_what_was_said
from dashboard.widgets.words import moment
from storage.access import Right


def show() -> None:
    """Draw the page."""
    asker = access.required_asker(Right.ADMINISTER)
    st.title("Settings", anchor=False)
    st.caption(
        "What the environment or the file attune.env sets holds and is changed there, by whoever runs the machine. A few "
        "options that they leave alone can be set here; each change is kept with who made it."
    )
    show_what_was_said()
    found = data_administration.in_force(asker)
    force, change, past = st.tabs(["In force", "Change", "Changes so far"], key="show", bind="query-params")
    with force:
        columns = [table.Column(name) for name in ("Setting", "Value", "Where from", "What it is")]
        rows = [
            table.Row(
                [
                    table.text(_words(one.name)),
                    table.text(one.value),
                    table.text(one.source),
                    table.text(one.about.replace("`", "")),
                ]
            )
            for one in found
        ]
        show_table_with_downloads("settings", "Settings in force", columns, rows)
    with change:
        _change([one for one in found if one.may_change])
    with past:
        changes = data_administration.changes(asker)
        if not changes:
            st.write("Nothing was changed on this page yet.")
        else:
            columns = [table.Column(name) for name in ("Setting", "Set to", "By", "When")]
            rows = [
                table.Row(
                    [
                        table.text(_words(one.name)),
                        table.text("its default" if one.value is None else one.value),
                        table.text(one.author),
                        table.text(moment(one.at), sort=one.at.isoformat(), nowrap=True),
                    ]
                )
                for one in changes
            ]
            show_table_with_downloads("settings changed", "Changes of settings, the latest first", columns, rows)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _change(options: list[Option]) -> None:
    by_name = {one.name: one for one in options}
    chosen = st.selectbox("Setting", list(by_name), None, format_func=_words, placeholder="Choose")
    if chosen is None:
        return
    one = by_name[chosen]
    st.write(one.about)
    value = st.text_input(f"Value; the default is {one.default}", one.value, key=f"value of {one.name}")
    save, back = st.columns([1, 3])
    if save.button("Save", type="primary"):
        do_and_say(lambda: _saved(one.name, value.strip()))
    if back.button("Back to the default", disabled=one.source == "default"):
        do_and_say(lambda: _saved(one.name, None))


def _saved(name: str, value: str | None) -> str:
    data_administration.set_option(access.required_asker(Right.ADMINISTER), name, value)
    return f"{_words(name)} is {'its default' if value is None else value} from now on."


if __name__ == "__main__":
    show()
