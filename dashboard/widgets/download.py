"""How does somebody take a call with them, to read it elsewhere or to give it to another program?"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import access, data
from pipeline.export import ENDINGS, MEDIA_TYPES, Form
from pipeline.reports import PDF
from storage.access import Asker

FORMS = {
    Form.TEXT: ("Text", "What was said, a line a turn"),
    Form.VTT: ("Subtitles", "WebVTT, with who speaks; for a player"),
    Form.VCON: ("vCon", "Transcript and scorecards, for another program"),
    Form.JSONL: ("JSON Lines", "The transcript with the time of every word, for another program"),
}


def show_download(call_id: str) -> None:
    """Draw the button that opens the choice of forms. Nothing is written down before one is chosen."""
    who = access.asker_later()
    with st.popover("Download", icon=":material/download:", key="download"):
        st.download_button(
            "Scorecards to print",
            partial(_paper, who, call_id),
            file_name=f"scorecard-{call_id}.pdf",
            mime=PDF,
            help="Every question with its answer, the words with their times, and the line of sentiment",
            key="download-pdf",
            on_click="ignore",
            width="stretch",
        )
        for form, (name, help_words) in FORMS.items():
            st.download_button(
                name,
                partial(_text, who, call_id, form),
                file_name=f"call{ENDINGS[form]}",
                mime=MEDIA_TYPES[form],
                help=help_words,
                key=f"download-{form}",
                on_click="ignore",
                width="stretch",
            )


def _text(who: Callable[[], Asker], call_id: str, form: Form) -> str:
    return data.exported(who(), call_id, form).text


def _paper(who: Callable[[], Asker], call_id: str) -> bytes:
    return data.call_paper(who(), call_id).data
