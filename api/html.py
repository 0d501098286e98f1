"""How do the few pages look that are served without the dashboard? HTML without a script, in one style."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse, Response

_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text(encoding="utf-8")

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}


def template(name: str) -> Template:
    """A page by the name of its file; what is put in has to be escaped before."""
    return Template((_HERE / name).read_text(encoding="utf-8"))


def page(of: Template, parts: Mapping[str, str], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The page with its parts put in."""
    return HTMLResponse(of.substitute(parts, style=_STYLE), status, {**_HEADERS, **(headers or {})})
