"""What does an e-mail say that is new, without its markup and what it quotes of earlier ones?

Everything here takes time in proportion to the length of what it is given, whatever stands in it: e-mails are written by
strangers.
"""

import html
import re
from collections.abc import Sequence
from email import message_from_bytes

LONGEST_HEADING = 2000
"""Characters of an e-mail's `Content-…` heading: Python's parser takes time by the square of it."""


def mail_text(text: str, media_type: str) -> str:
    """The plain text of an e-mail of several parts; that of its HTML where it has no plain one, else what was given."""
    has_headings = re.match(r"[A-Za-z-]{2,40}:", text.lstrip()[:60]) is not None
    whole = text.lstrip() if has_headings else f"Content-Type: {media_type}\n\n{text}"
    found = text_inside(whole.encode("utf-8", "replace"))
    return text if found is None else found


def text_inside(whole: bytes) -> str | None:
    """The text of an e-mail as it was sent, attachments aside; None where it has none, or cannot be taken apart safely."""
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", whole).split(b"\n")
    if any(len(line) > LONGEST_HEADING and line[:8].lower() == b"content-" for line in unfolded):
        return None
    found: dict[str, str] = {}
    try:
        for part in message_from_bytes(whole).walk():
            form, content = part.get_content_type(), part.get_payload(decode=True)
            attached = part.get_content_disposition() == "attachment"
            if form in ("text/plain", "text/html") and isinstance(content, bytes) and not attached:
                found.setdefault(form, _decoded(content, str(part.get_content_charset("utf-8"))))
    except RecursionError:
        return None  # parts within parts without end; what it says is not for us to find out
    if "text/plain" in found:
        return found["text/plain"]
    return without_markup(found["text/html"]) if "text/html" in found else None


def _decoded(content: bytes, charset: str) -> str:
    """The text of a part, in UTF-8 where its character set is one that nobody knows."""
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def without_markup(text: str) -> str:
    """What a page of HTML says, a line a paragraph."""
    first, *others = re.split(r"<(?:script|style)\b", text, flags=re.IGNORECASE)
    said = [first, *(re.split(r"</(?:script|style)\s{0,20}>", part, maxsplit=1, flags=re.IGNORECASE)[-1] for part in others)]
    lined = re.sub(r"<(?:br|/?p|/?div|li|tr)\b[^<>]{0,500}>", "\n", "".join(said), flags=re.IGNORECASE)
    return html.unescape(re.sub(r"</?[a-z!][^<>]{0,2000}>", "", lined, flags=re.IGNORECASE))


# What is quoted

_WROTE = ("wrote:", "writes:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "ha scritto:", "escreveu:", "schreef:")
_ORIGINAL = ("original message", "forwarded message", "reply above this line", "ursprüngliche nachricht")
_HEADINGS = ("sent:", "date:", "to:", "subject:", "cc:", "gesendet:", "an:", "betreff:", "envoyé", "objet", "enviado")
_FROM = ("from:", "*from:*", "von:", "de :", "de:", "da:")
_LOOK_AHEAD = 5
_LONGEST_LINE = 400
"""Characters of a line that introduces a quotation; a longer one is somebody's sentence."""


def new_words(text: str) -> str:
    """What an e-mail adds: without the quotation of earlier ones, with or without `>`, and what stands below `-- `."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        if line.startswith("-- ") and not line[3:].strip():
            break
        if _begins_a_quotation(line, lines[number + 1 : number + 1 + _LOOK_AHEAD]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    while kept and kept[-1].strip().startswith("On ") and kept[-1].strip().endswith(">"):
        kept.pop()  # a name and an address, whose "wrote:" stands on the next line
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _begins_a_quotation(line: str, following: Sequence[str]) -> bool:
    plain = line[: _LONGEST_LINE + 1].strip().casefold()
    if not plain or len(plain) > _LONGEST_LINE:
        return False
    if plain.endswith(_WROTE):
        return True
    if plain.startswith(("--", "__", "##")):
        return any(words in plain for words in _ORIGINAL) or (not plain.strip("-_# ") and _is_heading(following))
    return plain.startswith("begin forwarded message") or (plain.startswith(_FROM) and _is_heading(following))


def _is_heading(following: Sequence[str]) -> bool:
    """Whether two of the lines that follow are headings of an e-mail."""
    starts = [line[:40].strip().lstrip("*").casefold() for line in following]
    return sum(start.startswith((*_HEADINGS, *_FROM)) for start in starts) >= 2
