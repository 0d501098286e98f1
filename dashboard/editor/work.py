"""What does somebody have before them who edits a draft, and how does it get saved without anybody's work being lost?

The page is drawn from plain values that the widgets change as they are drawn; at its end what changed is saved, put together
with what somebody else saved in the meantime. What moves or removes things waits until every widget has been drawn, so that
no typing is lost to a click.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NoReturn

import streamlit as st

from dashboard import data_scorecards
from dashboard.editor.places import done
from errors import Problem
from scorecards.load import Place
from scoring.criteria import check_data
from storage.access import Asker
from storage.scorecard_drafts import Draft

_KEY = "draft at work"


@dataclass
class Work:
    """A draft as this browser has it: `data` is being changed, `saved` is what it was when it was last saved.

    epoch: counts what redraws every widget from the data. lines: texts that are given one a line, with the empty ones that
    somebody is about to fill. later: what to do when all is drawn; goes: where to go then.
    """

    draft: Draft
    data: dict[str, Any]
    saved: dict[str, Any]
    epoch: int = 0
    lines: dict[Place, list[str]] = field(default_factory=dict)
    later: list[Callable[[], None]] = field(default_factory=list)
    goes: dict[str, str] | None = None

    def key(self, *place: str | int) -> str:
        """The key of the widget for a place."""
        return " ".join(map(str, ("draft", self.draft.id, self.epoch, *place)))

    def then(self, act: Callable[[], None], **goes: str) -> None:
        """Do this when every widget has been drawn, and go there where somewhere is named."""
        self.later.append(act)
        self.goes = goes or self.goes

    def redraw(self) -> None:
        """Draw every widget anew from the data."""
        self.epoch += 1
        self.lines.clear()

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The sections, as far as there are any."""
        sections = self.data.get("sections")
        if not isinstance(sections, list):
            sections = self.data["sections"] = []
        for at, section in enumerate(sections):
            if not isinstance(section, dict):
                sections[at] = section = {}
            if not isinstance(section.get("criteria"), list):
                section["criteria"] = []
            section["criteria"] = [one for one in section["criteria"] if isinstance(one, dict)]
        return sections

    def questions(self) -> list[tuple[int, int, dict[str, Any]]]:
        """Every question with the place of its section and its own in it."""
        return [
            (n, at, question) for n, section in enumerate(self.sections) for at, question in enumerate(section["criteria"])
        ]

    def find(self, criterion: str) -> tuple[int, int, dict[str, Any]] | None:
        """The question of that id."""
        return next((one for one in self.questions() if one[2].get("id") == criterion), None)


def work_on(asker: Asker, draft_id: int) -> Work:
    """The draft as this browser has it. Raises StorageError where it is no longer open."""
    work: Work | None = st.session_state.get(_KEY)
    if work is None or work.draft.id != draft_id:
        draft = data_scorecards.draft(asker, draft_id)
        work = Work(draft, deepcopy(dict(draft.definition)), deepcopy(dict(draft.definition)))
        st.session_state[_KEY] = work
    return work


def leave() -> None:
    """Forget the draft; it is saved."""
    st.session_state.pop(_KEY, None)


def finish(asker: Asker, work: Work) -> None:
    """Save what was changed, and draw the page again where something moved or somebody else changed something."""
    moved = bool(work.later)
    for act in work.later:
        act()
    work.later.clear()
    if moved:
        work.redraw()
    changed = work.data != work.saved
    now = _current(asker, work, changed)
    if now is not None:
        theirs = dict(now.definition) != work.data
        work.draft, work.saved = now, deepcopy(dict(now.definition))
        if theirs:
            work.data = deepcopy(work.saved)
            work.redraw()
        moved = moved or theirs
    if moved:
        _again(work)


def _current(asker: Asker, work: Work, changed: bool) -> Draft | None:
    """The draft as it is stored after saving; None where that cannot be, which is said."""
    kept: list[Draft] = []

    def save() -> None:
        if changed:
            kept.append(data_scorecards.save_draft(asker, work.draft.id, work.saved, work.draft.edit, work.data))
        else:
            kept.append(data_scorecards.draft(asker, work.draft.id))

    return kept[0] if done(save) else None


def _again(work: Work) -> NoReturn:
    if work.goes is not None:
        goes, work.goes = work.goes, None
        st.query_params.from_dict({"draft": str(work.draft.id), **{name: value for name, value in goes.items() if value}})
    st.rerun()


def problems_of(work: Work) -> tuple[Problem, ...]:
    """Everything that is wrong with it as it is now."""
    return check_data({**work.data, "version": 1}).problems
