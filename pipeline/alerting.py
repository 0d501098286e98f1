"""How does an alert get to somebody's mail, and when is what waits for its time raised?

`Alerter` does both as long as the application serves. A message says what happened and where to look; what the customer said
stands in it only where the rule lets words leave. It goes through the mail server that is set (`ATTUNE_SMTP_…`), whose
certificate is checked, and what that does not take is tried again with the pauses of webhooks (`pipeline.notify`). Headers
are made by the standard library's policy for SMTP (RFC 5322), which refuses a line break in one.
"""

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine

from errors import InputError, SettingsError
from exports.words import count, moment
from pipeline.background import Background
from pipeline.notify import MOST_TRIES, pause_after
from scoring.alerts import AlertKind
from settings import settings
from storage import alert_mails, alerts, clock
from storage.alert_mails import MailAlert, Message
from storage.alert_rules import check_mail_address
from storage.database import transaction

_log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
SECONDS = 20.0
"""How long the mail server may take for an answer."""

PORTS = {"starttls": 587, "tls": 465, "none": 25}

KINDS = {
    AlertKind.UNANSWERED: "A message that nobody has answered",
    AlertKind.LEAVING: "A customer threatens to leave",
    AlertKind.DISTRESS: "Distress that ended unresolved",
    AlertKind.FAILURE: "An automatic failure",
}


# What


def letter(message: Message) -> EmailMessage:
    """What is sent. Raises SettingsError where no sender is set, InputError where an address is none."""
    first, *others = message.alerts or (None,)
    title = message.rule if first is not None and not others else f"{count(len(message.alerts), 'alert')}: {message.rule}"
    if first is not None and not others and first.perhaps:
        title = f"Perhaps: {title}"
    lines = ["\n".join(_lines(one)) for one in message.alerts]
    if others:
        lines.insert(0, f"{count(len(message.alerts), 'alert')} of “{message.rule}” since the last message:")
    page = _address("/alerts")
    lines.append(f"All alerts: {page}" if page else "All alerts are in Attune, on the page Alerts.")
    return _written(message.address, f"Attune: {title}", "\n\n".join(lines), message.id)


def _lines(alert: MailAlert) -> Iterator[str]:
    yield f"{KINDS[AlertKind(alert.kind)]}{' (perhaps: a person has to look first)' if alert.perhaps else ''}"
    yield alert.why
    if alert.since is not None:
        seen = f", as of what was exported up to {moment(alert.seen_at)} UTC" if alert.seen_at else ""
        yield f"The customer has waited since {moment(alert.since)} UTC{seen}."
    if alert.quote:
        yield f"“{' '.join(alert.quote.split())}”"
    named = {"id": alert.call_id, **({} if alert.turn is None else {"turn": str(alert.turn)})}
    yield _address(f"/call?{urlencode(named)}") or f"Call {alert.call_id}"


def _address(path: str) -> str:
    base = settings().public_url.rstrip("/")
    return f"{base}{path}" if base else ""


def _written(to: str, subject: str, text: str, id_: str) -> EmailMessage:
    check_mail_address(to)
    sender = settings().smtp_from
    check_mail_address(sender)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{id_}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{text}\n")
    return mail


# Sending


@contextmanager
def mail_server() -> Iterator[smtplib.SMTP]:
    """The mail server that is set, signed in to. Raises SettingsError where none is, or its options cannot be used."""
    options = settings()
    if not options.smtp_host:
        raise SettingsError("No mail server is set: ATTUNE_SMTP_HOST and ATTUNE_SMTP_FROM say which one sends alerts.")
    port = options.smtp_port or PORTS[options.smtp_security]
    own_name = options.smtp_from.rpartition("@")[2]
    if options.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(options.smtp_host, port, own_name, timeout=SECONDS, context=_trusted())
    else:
        server = smtplib.SMTP(options.smtp_host, port, own_name, timeout=SECONDS)
    with server:
        if options.smtp_security == "starttls":
            server.starttls(context=_trusted())
        if options.smtp_user:
            server.login(options.smtp_user, _password())
        yield server


def _trusted() -> ssl.SSLContext:
    file = settings().smtp_ca
    try:
        return ssl.create_default_context(cafile=file or None)
    except (OSError, ssl.SSLError) as wrong:
        raise SettingsError("ATTUNE_SMTP_CA is no file with a certificate that can be read.") from wrong


def _password() -> str:
    file = settings().smtp_password_file
    if not file:
        return settings().smtp_password
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise SettingsError("ATTUNE_SMTP_PASSWORD_FILE is no file that can be read.") from wrong


def send_test(to: str) -> None:
    """Send somebody a message that says it is a test. Raises InputError where the address is none, SettingsError where no
    server is set or it cannot be reached, signed in to, or does not take the message."""
    mail = _written(
        to, "Attune: a test", "This is a test. Alerts will come from here.", f"test-{int(clock.now().timestamp())}"
    )
    try:
        with mail_server() as server:
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as wrong:
        raise SettingsError(f"The mail server did not take the test: {answered(wrong)}") from wrong


def answered(wrong: Exception) -> str:
    """How the mail server answered, in a sentence; never more of it than its own words."""
    if isinstance(wrong, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(wrong.recipients.values()))
        return f"It refused the address ({code} {_plain(said)})."
    if isinstance(wrong, smtplib.SMTPResponseException):
        return f"It answered {wrong.smtp_code} {_plain(wrong.smtp_error)}."
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return "Its certificate is not one that is trusted."
    if isinstance(wrong, smtplib.SMTPException):
        return f"It does not do what is asked ({type(wrong).__name__})."
    return f"No answer ({type(wrong).__name__})."


def _plain(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]


def for_good(wrong: Exception) -> bool:
    """Whether the server refused the message itself (RFC 5321: 5yz), so that trying again is of no use."""
    if isinstance(wrong, smtplib.SMTPAuthenticationError):
        return False  # a password may be put right meanwhile
    if isinstance(wrong, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in wrong.recipients.values())
    return isinstance(wrong, smtplib.SMTPResponseException) and wrong.smtp_code >= 500


def send_due(engine: Engine) -> int:
    """Send what is to be sent by e-mail now; how many messages were taken. Nothing where no mail server is set."""
    if not settings().smtp_host:
        return 0
    with transaction(engine) as session:
        messages = alert_mails.take_due(session)
    taken = 0
    for message in messages:
        words, again = "Taken.", True
        try:
            with mail_server() as server:
                server.send_message(letter(message))
        except InputError as wrong:
            words, again = str(wrong), False
        except SettingsError as wrong:
            words = str(wrong)
        except (OSError, smtplib.SMTPException) as wrong:
            words, again = answered(wrong), not for_good(wrong)
        else:
            with transaction(engine) as session:
                alert_mails.sent(session, message.id, words)
            taken += 1
            continue
        again = again and message.tries < MOST_TRIES
        next_at = clock.now() + timedelta(seconds=pause_after(message.tries)) if again else None
        with transaction(engine) as session:
            alert_mails.failed(session, message.id, words, next_at)
    return taken


def look(engine: Engine) -> int:
    """Raise what has waited for its time, and send what is to be sent; how many alerts were raised."""
    raised = 0
    while True:
        with transaction(engine) as session:
            some = alerts.raise_due(session)
        raised += some
        if some < alerts.AT_ONCE:
            break
    send_due(engine)
    return raised


class Alerter(Background):
    """Looks every few seconds, as long as the application serves; what waits at the end is told after the next start."""

    def __init__(self, engine: Engine) -> None:
        super().__init__("alerts", partial(look, engine), "alerts could not be told", LOOK_SECONDS)
