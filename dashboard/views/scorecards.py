"""Which scorecards are there, what do they ask and whom are they for, and how does somebody make one without a file?"""

import streamlit as st

from dashboard import access, data_scorecards
from dashboard.editor.beginning import show_beginning
from dashboard.editor.editing import show_draft
from dashboard.editor.places import attempt, go, say_what_changed
from dashboard.editor.reading import IN_USE, ago, show_scorecard, state_of
from dashboard.pages import whole_number
from dashboard.widgets import table
from dashboard.widgets.downloads import show_table_with_downloads
from dashboard.widgets.frame import nothing_here
from storage.access import Asker
from storage.roles import Right

NONE_YET = (
    "A scorecard says what good looks like: the questions that a reviewer would ask of a call, and what each is worth. "
    "Begin with a copy of one that Attune comes with, or with an empty one."
)


def show() -> None:
    """Draw the list, or what the address asks for: a scorecard, or a draft that somebody works on."""
    asker = access.required_asker(Right.MANAGE_QUALITY)
    draft = whole_number("draft")
    if draft is not None:
        show_draft(asker, draft)
    elif card := st.query_params.get("card"):
        say_what_changed()
        show_scorecard(asker, card, whole_number("v"))
    else:
        _list(asker)


def _list(asker: Asker) -> None:
    heading, begin = st.columns([4, 1], vertical_alignment="bottom")
    heading.title("Scorecards", anchor=False)
    with begin:
        show_beginning(asker)
    say_what_changed()
    _take_up_again(asker)
    rows = [*_drafts(asker), *_kept(asker)]
    if not rows:
        nothing_here("No scorecard yet", NONE_YET)
        return
    columns = [
        table.Column("Scorecard"),
        table.Column("State"),
        table.Column("Version", number=True),
        table.Column("Questions", number=True),
        table.Column("Calls scored", number=True, help="By the version in use, or the last one that was."),
        table.Column("What it is for"),
    ]
    chosen = show_table_with_downloads("all-scorecards", "Scorecards, drafts first", columns, rows)
    if chosen:
        what, _, which = chosen.partition(" ")
        go(**{what: which})


def _take_up_again(asker: Asker) -> None:
    """Right after a draft was discarded: the way back."""
    discarded = whole_number("discarded")
    if discarded is not None and st.button("Take it up again", icon=":material/undo:"):
        draft = attempt(lambda: data_scorecards.reopen_draft(asker, discarded))
        if draft is not None:
            go(draft=draft.id)


def _drafts(asker: Asker) -> list[table.Row]:
    return [
        table.Row(
            [
                table.text(draft.title, f"{draft.author}, last changed {ago(draft.updated_at)}", link=True),
                table.chips(("unsure", "Draft")),
                table.number(None) if draft.based_on is None else table.number(draft.based_on + 1, "next"),
                table.number(_questions(draft.definition.get("sections"))),
                table.number(None),
                table.text("" if draft.based_on is None else f"begun from version {draft.based_on}"),
            ],
            id=f"draft {draft.id}",
            href=f"/scorecards?draft={draft.id}",
        )
        for draft in data_scorecards.drafts(asker)
    ]


def _kept(asker: Asker) -> list[table.Row]:
    scopes = data_scorecards.scopes(asker)
    rows = []
    for scorecard, versions in data_scorecards.versions(asker).items():
        shown = next((one for one in versions if one.active), versions[0])
        state = state_of(shown, versions)
        scope = data_scorecards.scope_of(scopes, scorecard)
        rows.append(
            table.Row(
                [
                    table.text(shown.title, scorecard, link=True),
                    table.chips(("met" if state == IN_USE else "plain", state)),
                    table.number(shown.version),
                    table.number(shown.questions),
                    table.number(shown.calls, f"{shown.calls:,}"),
                    table.text(scope.words() if shown.active else "–"),
                ],
                id=f"card {scorecard}",
                href=f"/scorecards?card={scorecard}",
            )
        )
    return rows


def _questions(sections: object) -> int:
    """How many questions a draft has, whatever state it is in."""
    if not isinstance(sections, list):
        return 0
    return sum(len(section.get("criteria") or ()) for section in sections if isinstance(section, dict))


if __name__ == "__main__":
    show()
