"""How does a widget of our own get into the page?"""

from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer

_WEB = Path(__file__).parent / "web"


def widget(name: str) -> ComponentRenderer:
    """Register `web/{name}.js` and `web/{name}.css` with what all widgets share; the result draws it with data."""

    def source(suffix: str) -> str:
        return "\n".join((_WEB / f"{part}.{suffix}").read_text(encoding="utf-8") for part in ("common", name))

    return component(f"attune_{name}", css=source("css"), js=source("js"))
