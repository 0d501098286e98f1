"""What an operator may rely on when setting an option."""

import traceback

import pytest

from errors import SettingsError
from settings import Settings, settings


@pytest.fixture(autouse=True)
def _read_again() -> None:
    settings.cache_clear()


def test_every_option_can_be_set_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "store": "s3://bucket/attune", "log": "json", "log_level": "info",
        "home": "elsewhere", "cache": "weights", "database_url": "sqlite://", "engine": "openai-whisper",
        "model": "tiny.en", "language": "auto", "vocabulary": "Velquora; Tremolux", "agent_channel": "1",
        "channels": "decide", "scorecards": "empathy",
        "dask": "tls://head:8786", "dask_ca": "ca.pem", "dask_cert": "here.pem", "dask_key": "here.key",
        "dask_resources": "GPU=1",
        "workers": "3", "host": "0.0.0.0", "port": "8600", "session_hours": "2.5", "agent_target": "0.9",
        "sentiment": "vader", "webhooks_inside": "True", "api_requests_per_minute": "60", "api_largest_mb": "20.0",
        "idle_minutes": "15.0", "secret": "thirty-two characters and a few more",
        "administrator": "ada@example.org", "public_url": "https://attune.example.org",
        "own_addresses": "care@example.org example.org", "hours": "Mon-Fri 09:00-17:00", "hours_by_team": "Care: always",
        "channel_scorecards": "chat: empathy", "long_hold_seconds": "90.0",
        "dispute_days": "21", "disputes_per_month": "2", "dispute_decider": "reviewer",
        "again_days": "28", "phone_region": "FR",
        "private": "card_number email", "private_by_team": "Payments: all",
        "originals": "keep", "originals_key": "key.hex", "originals_key_before": "old.hex",
        "originals_for": "administrator coach",
        "encryption_key": "key.hex", "encryption_key_before": "old.hex", "inbox_failed_days": "3",
        "watch": "/srv/calls; s3://calls/incoming", "watch_rest_seconds": "60.0", "watch_done": "move", "work_here": "False",
        "smtp_host": "mail.example.org", "smtp_port": "2525", "smtp_security": "tls", "smtp_ca": "ca.pem",
        "smtp_user": "attune", "smtp_password": "p", "smtp_password_file": "smtp.password",
        "smtp_from": "attune@example.org",
        "keep_audio_days": "90", "keep_words_days": "365", "keep_scores_days": "1095",
        "keep_days_by_team": "Payments: audio 30, words 60; Chat: words 30",
        "oidc_issuer": "https://sso.example.org", "oidc_client": "attune", "oidc_secret": "s", "oidc_name": "Example",
        "oidc_scope": "openid email", "oidc_people": "add", "oidc_roles_claim": "groups", "oidc_roles": "qa: reviewer",
        "oidc_teams_claim": "teams", "oidc_agent_claim": "nickname", "oidc_unverified": "True", "passwords": "False",
    }  # fmt: skip
    assert set(given) == set(Settings.model_fields)
    monkeypatch.setenv("DATABASE_URL", "of another program")
    for name, value in given.items():
        monkeypatch.setenv(f"ATTUNE_{name.upper()}", value)
    assert {name: str(value) for name, value in settings().model_dump().items()} == given


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("WORKERS", "-1"), ("ENGINE", "ears"), ("KEEP_DAYS_BY_TEAM", "Chat: soon"), ("DASK_RESOURCES", "GPU")],
)
def test_a_value_that_does_not_fit_is_named_with_the_option(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ATTUNE_{name}", value)
    with pytest.raises(SettingsError) as wrong:
        settings()
    assert f"ATTUNE_{name}" in str(wrong.value)
    assert value in str(wrong.value)


def test_a_setting_that_does_not_fit_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {name: f"hidden-{n}" for n, name in enumerate(Settings.model_fields) if not Settings.model_fields[name].repr}
    secrets["database_url"] = "postgresql://attune:hidden@db/attune"
    for name, value in secrets.items():
        monkeypatch.setenv(f"ATTUNE_{name.upper()}", value)
    for name, wrong in (("PASSWORDS", "false"), ("PORT", "0")):
        with monkeypatch.context() as given:
            given.setenv(f"ATTUNE_{name}", wrong)
            settings.cache_clear()
            with pytest.raises(SettingsError, match=f"ATTUNE_{name}") as refused:
                settings()
        shown = "".join(traceback.format_exception(refused.value))
        assert [value for value in secrets.values() if value in shown] == []
        assert "hidden" not in shown


def test_the_database_is_also_found_by_the_plain_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/attune")
    assert settings().url == "postgresql://somewhere/attune"


@pytest.mark.parametrize(("ours", "url"), [("sqlite:///ours.db", "sqlite:///ours.db"), ("", "sqlite:////home/attune.db")])
def test_the_databases_own_setting_wins_over_the_plain_name_even_where_it_is_empty(
    monkeypatch: pytest.MonkeyPatch, ours: str, url: str
) -> None:
    monkeypatch.setenv("ATTUNE_HOME", "/home")
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/attune")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", ours)
    assert settings().url == url


def test_a_password_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "mail", "FROM": "a@example.org", "USER": "attune", "SECURITY": "none"}.items():
        monkeypatch.setenv(f"ATTUNE_SMTP_{name}", value)
    with pytest.raises(SettingsError, match="ATTUNE_SMTP_SECURITY is none"):
        settings()


def test_mail_needs_somebody_whom_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_SMTP_HOST", "mail.example.org")
    with pytest.raises(SettingsError, match="ATTUNE_SMTP_FROM"):
        settings()
