"""An alert comes to a mail server: over an encrypted way, with what may leave, and again where it was not taken."""

import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from errors import InputError, SettingsError
from pipeline.alerting import Alerter, letter, look, send_due, send_test
from pipeline.notify import MOST_TRIES
from scoring.alerts import AlertKind, Trigger
from settings import settings
from storage import clock
from storage.access import SYSTEM
from storage.alert_mails import MailAlert, MailState, Message, list_mails
from storage.alert_rules import AlertRule, Telling, save_alert_rule
from storage.database import reading, transaction
from storage.repository import store_scored_call
from tests.storage.build import a_scored_call

NOON = datetime(2026, 8, 5, 12, tzinfo=UTC)
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

SECRET = "correct horse battery"


@dataclass
class Mailbox:
    """A mail server of our own: what it took, who signed in, and how it answers."""

    got: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answer: str = "250 OK"
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=default)
            self.got.append((list(envelope.rcpt_tos), mail))
            way = server.transport
            self.encrypted.append(way is not None and way.get_extra_info("ssl_object") is not None)
        return self.answer

    def let_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == SECRET.encode()
        if right:
            self.signed_in.append(given.login.decode())
        return AuthResult(success=right, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's, its file, and what a server shows it with."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("mail")
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, private)
    return cert, context


@pytest.fixture(params=["starttls", "tls", "none"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def mailbox(
    security: str, certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Mailbox]:
    """A mail server that listens on this machine, set as the one that alerts go through."""
    box, (cert, context) = Mailbox(), certificate
    ways: dict[str, dict[str, Any]] = {
        "starttls": {"tls_context": context, "require_starttls": True},
        "tls": {"ssl_context": context, "auth_require_tls": False},  # the package does not see that all of it is encrypted
        "none": {},
    }
    signs_in: dict[str, Any] = {} if security == "none" else {"authenticator": box.let_in, "auth_required": True}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **ways[security], **signs_in)
    controller.start()
    given = {
        "HOST": "127.0.0.1", "PORT": str(box.port), "SECURITY": security, "CA": str(cert), "FROM": "attune@example.org",
    }  # fmt: skip
    if security != "none":
        password = tmp_path / "password"
        password.write_text(f"{SECRET}\n")
        given |= {"USER": "attune", "PASSWORD_FILE": str(password)}
    for name, value in given.items():
        monkeypatch.setenv(f"ATTUNE_SMTP_{name}", value)
    monkeypatch.setenv("ATTUNE_PUBLIC_URL", "https://attune.example.org")
    settings.cache_clear()
    yield box
    controller.stop()
    settings.cache_clear()


def raise_one(engine: Engine, name: str = "one", **telling: Any) -> None:
    """A call that failed, of which one address is told."""
    told = Telling(**{"email": True, "addresses": ("care@example.org",), **telling})
    with transaction(engine) as session:
        save_alert_rule(session, SYSTEM, AlertRule("An automatic failure", Trigger(AlertKind.FAILURE), told, key="failure"))
        call = a_scored_call(name, started_at=NOON - timedelta(minutes=5), verdicts={"announces": "not_met"})
        assert store_scored_call(session, call)


def state_of(engine: Engine) -> MailState:
    with reading(engine) as session:
        return list_mails(session, SYSTEM)[0]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


def test_an_alert_comes_with_where_to_look_and_without_words(engine: Engine, mailbox: Mailbox, security: str) -> None:
    raise_one(engine)
    assert send_due(engine) == 1
    ((to, mail),) = mailbox.got
    assert (to, mail["To"], mail["From"]) == (["care@example.org"], "care@example.org", "attune@example.org")
    assert mail["Subject"] == "Attune: An automatic failure"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    call_id = a_scored_call("one").transcript.call_id
    assert f"https://attune.example.org/call?id={call_id}&turn=0" in text
    assert "Is the recording announced?" in text
    assert "Hello" not in text
    assert mailbox.encrypted == [security != "none"]
    assert mailbox.signed_in == ([] if security == "none" else ["attune"])
    assert send_due(engine) == 0
    assert state_of(engine).state == "delivered"


def test_a_test_message_comes(mailbox: Mailbox) -> None:
    send_test("mira@example.org")
    assert [to for to, _ in mailbox.got] == [["mira@example.org"]]


plain = pytest.mark.parametrize("security", ["none"])


@plain
def test_what_is_more_than_the_rule_allows_comes_in_one_message_that_says_how_many(engine: Engine, mailbox: Mailbox) -> None:
    for name in ("one", "two", "three", "four"):
        raise_one(engine, name, most=1, minutes=30)
    assert send_due(engine) == 1
    with clock.at(NOON + timedelta(minutes=31)):
        assert send_due(engine) == 1
    mail = mailbox.got[1][1]
    assert mail["Subject"] == "Attune: 3 alerts: An automatic failure"
    assert mail.get_content().count("https://attune.example.org/call?") == 3


@plain
def test_words_leave_where_the_rule_lets_them(engine: Engine, mailbox: Mailbox) -> None:
    raise_one(engine, words=True)
    send_due(engine)
    assert "“Hello”" in mailbox.got[0][1].get_content()


@plain
def test_what_was_put_off_is_tried_again_and_what_was_refused_is_not(engine: Engine, mailbox: Mailbox) -> None:
    mailbox.answer = "451 Come back later"
    raise_one(engine)
    assert send_due(engine) == 0
    waiting = state_of(engine)
    assert (waiting.state, waiting.tries, waiting.answered) == ("waiting", 1, "It answered 451 Come back later.")
    assert send_due(engine) == 0
    assert state_of(engine).tries == 1  # its time has not come
    mailbox.answer = "554 Not from you"
    with clock.at(NOON + timedelta(hours=1)):
        assert send_due(engine) == 0
    assert (state_of(engine).state, state_of(engine).answered) == ("failed", "It answered 554 Not from you.")
    mailbox.answer = "250 OK"
    with clock.at(NOON + timedelta(days=1)):
        assert send_due(engine) == 0


@plain
def test_a_server_that_is_away_is_tried_nine_times(
    engine: Engine, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_SMTP_PORT", "1")
    settings.cache_clear()
    raise_one(engine)
    for day in range(MOST_TRIES + 2):
        with clock.at(NOON + timedelta(days=day)):
            assert send_due(engine) == 0
    assert (state_of(engine).state, state_of(engine).tries) == ("failed", MOST_TRIES)
    assert state_of(engine).answered == "No answer (ConnectionRefusedError)."


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_sent_nothing(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_SMTP_CA", "")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="certificate is not one that is trusted"):
        send_test("mira@example.org")
    assert (mailbox.got, mailbox.signed_in) == ([], [])


@pytest.mark.parametrize("security", ["tls"])
def test_a_wrong_password_stands_in_no_message_and_no_log(
    engine: Engine, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("ATTUNE_SMTP_PASSWORD_FILE")
    monkeypatch.setenv("ATTUNE_SMTP_PASSWORD", "guessed-it")
    settings.cache_clear()
    raise_one(engine)
    with caplog.at_level(logging.DEBUG):
        assert send_due(engine) == 0
    assert state_of(engine).state == "waiting"  # it may be put right
    assert "535" in state_of(engine).answered
    assert "guessed-it" not in caplog.text + state_of(engine).answered + repr(settings())


def a_message(**changes: Any) -> Message:
    alert = MailAlert(1, "unanswered", "c1", 2, "A customer complained.", True, "social", NOON, NOON, NOON, "Where\r\nis it")
    return replace(Message("alert-1", "care@example.org", "Complaints", (alert,), 1), **changes)


@plain
def test_nobody_writes_a_header_of_their_own(mailbox: Mailbox) -> None:
    for wrong in ("care@example.org\r\nBcc: all@example.org", "care@example.org, all@example.org", "<care@example.org>"):
        with pytest.raises(InputError):
            letter(a_message(address=wrong))
    with pytest.raises(ValueError):  # noqa: PT011 - the standard library's own
        letter(a_message(rule="Complaints\r\nBcc: all@example.org"))


@plain
def test_a_perhaps_and_the_reach_of_the_export_stand_in_the_letter(mailbox: Mailbox) -> None:
    mail = letter(a_message())
    text = mail.get_content()
    assert mail["Subject"] == "Attune: Perhaps: Complaints"
    assert "has waited since Wed 5 Aug 2026, 12:00 UTC, as of what was exported up to Wed 5 Aug 2026, 12:00 UTC." in text
    assert "“Where is it”" in text


@plain
def test_without_a_mail_server_nothing_is_sent_and_what_is_due_is_raised(
    engine: Engine, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_SMTP_HOST", "")
    settings.cache_clear()
    raise_one(engine)
    assert look(engine) == 0
    assert state_of(engine).tries == 0
    with pytest.raises(SettingsError, match="No mail server is set"):
        send_test("mira@example.org")
    alerter = Alerter(engine)
    alerter.start()
    alerter.stop()
