"""What does every answer tell the browser not to do?

An ASGI middleware around everything that is served. An answer that says something stricter itself keeps it.
"""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.cookies import over_https

CONTENT = "; ".join(
    (
        "default-src 'self'",
        # The dashboard's own widgets come as modules from memory (blob:), its charts are compiled in the browser
        # (unsafe-eval), and its first page begins with a line of script.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self' data: blob:",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy, as far as Streamlit lets it: nothing is loaded from or sent to another site, and no other site
shows us in a frame."""

HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

HTTPS_ALONE = "max-age=31536000"
"""Strict-Transport-Security where people reach Attune over HTTPS: for a year, the browser goes there no other way."""


class Headers:
    """The middleware: see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the headers on the answer as it begins."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if over_https(HTTPConnection(scope)):
                    headers.setdefault("Strict-Transport-Security", HTTPS_ALONE)
            await send(message)

        await self.app(scope, receive, with_headers)
