"""How does somebody begin a scorecard: empty, as a copy of one that Attune comes with, or from a file?"""

import re
from functools import lru_cache
from typing import Any

import streamlit as st

from dashboard import data_scorecards
from dashboard.editor.places import attempt, go
from dashboard.widgets.words import count, literal
from scorecards.load import MOST_BYTES, load_scorecard, read_scorecard, shipped
from storage.access import Asker

EMPTY: dict[str, Any] = {
    "id": "new_scorecard",
    "title": "New scorecard",
    "language": "en",
    "pass_mark": 80,
    "sections": [{"id": "first_section", "title": "First section", "criteria": []}],
}


def show_beginning(asker: Asker) -> None:
    """Draw the button that opens the three ways to begin."""
    with st.popover("New scorecard", icon=":material/add:", type="primary", width="stretch"):
        if st.button("Begin with an empty one", icon=":material/note_add:", width="stretch"):
            _begin(asker, EMPTY)
        names = _shipped_titles()
        name = st.selectbox(
            "Or with a copy of one that Attune comes with",
            list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="Choose one",
        )
        if name is not None and st.button("Copy it", icon=":material/content_copy:"):
            values = data_scorecards.values_of(load_scorecard(shipped()[name]))
            _begin(asker, {**values, "title": f"Copy of {values['title']}"})
        file = st.file_uploader("Or with a file (YAML)", type=["yaml", "yml"], max_upload_size=1)
        if file is not None and st.button("Take the file in", icon=":material/upload_file:"):
            _take_in(asker, file.getvalue())


@lru_cache(maxsize=1)
def _shipped_titles() -> dict[str, str]:
    """The titles of the library, read off without reading the whole of every file, which takes a second."""
    titles = {
        name: re.search(r"^title: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE) for name, path in shipped().items()
    }
    return {name: found[1] for name, found in titles.items() if found}


def _take_in(asker: Asker, content: bytes) -> None:
    """Begin a draft with what a file holds, fit or not: what is wrong with it can be put right on the page."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        st.error("This file is not UTF-8 text; save it as UTF-8.")
        return
    reading = read_scorecard(text, "This file")
    if reading.data is None or len(content) > MOST_BYTES:
        st.error("\n\n".join(literal(str(problem)) for problem in reading.problems))
        return
    _begin(
        asker, reading.data, f"Taken in. {count(len(reading.problems), 'thing')} to put right." if reading.problems else ""
    )


def _begin(asker: Asker, values: dict[str, Any], says: str = "") -> None:
    draft = attempt(lambda: data_scorecards.new_draft(asker, values))
    if draft is not None:
        go(says, draft=draft.id)
