"""How does a session travel? In a cookie that no script can read, that other sites' pages cannot send along, and that goes
over HTTPS alone where people reach Attune so."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from settings import settings


def over_https(connection: HTTPConnection) -> bool:
    """Whether whoever asks does so over HTTPS, as far as this server or the setting of its public address knows."""
    return connection.url.scheme in ("https", "wss") or settings().public_url.startswith("https://")


def give(response: Response, connection: HTTPConnection, cookie: str, token: str) -> Response:
    """Put the session's token into the browser's cookie."""
    response.set_cookie(
        cookie,
        token,
        max_age=int(settings().session_hours * 3600),
        httponly=True,
        samesite="lax",
        secure=over_https(connection),
    )
    return response


def take_back(response: Response, connection: HTTPConnection, cookie: str) -> Response:
    """Have the browser forget it."""
    response.delete_cookie(cookie, httponly=True, samesite="lax", secure=over_https(connection))
    return response
