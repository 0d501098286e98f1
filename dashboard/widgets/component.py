"""How does a widget of our own get into the page?"""

from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer

_WEB = Path(__file__).parent / "web"


def widget(name: str, *parts: str) -> ComponentRenderer:
    """Register `web/{name}.js` and `web/{name}.css` with what all widgets share; the result draws it with data.

    parts: more pairs of files that it is made of, read before its own; one without rules of style has no `.css`.
    """

    def source(suffix: str) -> str:
        files = (_WEB / f"{part}.{suffix}" for part in ("common", *parts, name))
        return "\n".join(file.read_text(encoding="utf-8") for file in files if suffix == "js" or file.exists())

    return component(f"attune_{name}", css=source("css"), js=source("js"))
