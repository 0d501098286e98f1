"""Which options does Attune have, and what are they set to?

Every option is typed here, and read once: from the environment (`ATTUNE_…`), else from `attune.env` in the
folder it is started from, else its default. The database's address has a second name, the plain `DATABASE_URL`.
The documentation's table of settings is checked against this class.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from errors import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Settings(BaseSettings):
    """Every option. An option `home` is read from the environment as `ATTUNE_HOME`."""

    model_config = SettingsConfigDict(
        env_prefix="ATTUNE_",
        env_file="attune.env",
        extra="ignore",
        frozen=True,
        validate_default=True,
        populate_by_name=True,
    )

    log: Literal["text", "json"] = Field(
        "text",
        description="How the log on standard error is written: `text` for people, `json` for programs, an entry a line.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="From which weight on something is logged; nothing that anybody said ever is."
    )
    home: Path = Field(
        Path("data"),
        description="Folder for the database and the stored recordings.",
    )
    store: str = Field(
        "",
        repr=False,
        description="Folder, or address that fsspec reaches such as `s3://bucket/attune`, for recordings, vCons and "
        "originals; empty: the home folder.",
    )
    cache: Path = Field(Path("~/.cache/attune"), description="Folder for model weights once they are joined and converted.")
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("ATTUNE_DATABASE_URL", "DATABASE_URL"),
        description="SQLAlchemy address of the database; empty means SQLite under the home folder. Where it is not set, "
        "`DATABASE_URL` is read, the name that most services give it.",
    )
    engine: Literal["faster-whisper", "openai-whisper"] = Field("faster-whisper", description="The speech recogniser.")
    model: str = Field(
        "base",
        description="Whisper model: `base`, `tiny.en`, a folder or file with weights, or a name the engine can fetch.",
    )
    language: str = Field(
        "en", description="Language of the calls as a two-letter code, or `auto` to find it from the sound."
    )
    vocabulary: str = Field(
        "",
        description="Names and products that may be said, with semicolons between, so that they are spelled right.",
    )
    agent_channel: int = Field(
        0, ge=0, le=1, description="On a two-channel recording, the channel of the agent: 0 is left, 1 is right."
    )
    channels: Literal["trust", "check", "decide"] = Field(
        "check",
        description="Whether to trust `ATTUNE_AGENT_CHANNEL`, to check it by what is said, or to decide by what is said.",
    )
    scorecards: str = Field(
        "compliance empathy listening service_recovery",
        description="The usual scorecards, names or files with blanks between; the list of calls can name others.",
    )
    channel_scorecards: str = Field(
        "chat email: written_service empathy; social: social_care empathy",
        description="The usual scorecards of what is written, in the place of `ATTUNE_SCORECARDS`, with semicolons between; "
        "a channel is `chat`, `email` or `social`.",
    )
    workers: int = Field(0, ge=0, description="Processes that transcribe and score at once; 0 chooses from the cores.")
    dask: str = Field(
        "",
        description="Address of a Dask scheduler whose workers hear and judge calls, such as `tls://head.example.com:8786`; "
        "empty: processes of this machine do.",
    )
    dask_ca: str = Field("", description="File with the certificate that the scheduler's and the workers' are signed by.")
    dask_cert: str = Field("", description="File with this machine's certificate towards the scheduler.")
    dask_key: str = Field("", description="File with the key that belongs to it.")
    dask_resources: str = Field(
        "", description="What a worker has to offer to get calls, such as `GPU=1`; several with blanks between."
    )
    host: str = Field(
        "127.0.0.1",
        description="Address that the dashboard listens on; the default is reachable from this machine alone.",
    )
    sentiment: Literal["together", "vader"] = Field(
        "together", description="How sentiment is read: the taught judge and the word list VADER together, or VADER alone."
    )
    port: int = Field(8501, ge=1, le=65535, description="Port that the dashboard listens on.")
    session_hours: float = Field(10.0, gt=0, description="Hours after which a person has to sign in again.")
    api_requests_per_minute: int = Field(
        600, ge=1, description="Requests that a token of another program may make a minute."
    )
    api_largest_mb: float = Field(500.0, gt=0, description="Megabytes that a file sent by another program may have.")
    idle_minutes: float = Field(60.0, gt=0, description="Minutes without use after which a person has to sign in again.")
    phone_region: str = Field(
        "GB",
        pattern=r"^([A-Z]{2})?$",
        description="Of which country a customer's telephone number is that is given without a country's code: two letters "
        "(ISO 3166-1); empty takes such numbers as they are written.",
    )
    secret: str = Field(
        "",
        repr=False,
        description="Key that signs sessions, 32 random characters or more; empty keeps one in the home folder.",
    )
    administrator: str = Field(
        "administrator@localhost",
        description="E-mail address with which the first administrator signs in; used once, while there is nobody.",
    )
    public_url: str = Field(
        "",
        description="Address under which people reach Attune, such as `https://attune.example.com`; empty means it is not "
        "behind another server.",
    )
    webhooks_inside: bool = Field(
        False,
        description="Whether other programs may be told at addresses of one's own network, and without https.",
    )
    smtp_host: str = Field("", description="Mail server through which alerts are sent; empty: no e-mail is.")
    smtp_port: int = Field(0, ge=0, le=65535, description="Its port; 0 is 587, or 465 with `tls`, or 25 with `none`.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the way there is encrypted: from the first word on (`tls`), after a greeting, or not at all.",
    )
    smtp_ca: str = Field(
        "", description="File with the certificate that the mail server's is signed by; empty: the usual ones."
    )
    smtp_user: str = Field("", description="Name with which Attune signs in at the mail server; empty: it does not.")
    smtp_password: str = Field("", repr=False, description="The password that goes with it; needs `starttls` or `tls`.")
    smtp_password_file: str = Field("", description="File that holds it instead.")
    smtp_from: str = Field("", description="E-mail address that alerts come from.")
    agent_target: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of calls in which a criterion should be met, where the scorecard names none.",
    )
    long_hold_seconds: float = Field(60.0, gt=0, description="Seconds from which on a hold counts as a long one.")
    dispute_days: int = Field(14, ge=0, description="Days after an answer within which its agent may dispute it.")
    disputes_per_month: int = Field(5, ge=0, description="Answers that an agent may dispute in a month.")
    dispute_decider: Literal["quality_manager", "reviewer"] = Field(
        "quality_manager",
        description="Who decides disputes: quality managers and administrators alone, or any other reviewer first.",
    )
    again_days: int = Field(
        14, ge=1, description="Days between two blind answers of one person to a call that say how steady they are."
    )

    private: str = Field(
        "all",
        description="Kinds of private words taken out before anything is stored: `all`, `none`, or names with blanks.",
    )
    private_by_team: str = Field(
        "", description="The same for single teams, with semicolons between: `Payments: all; Chat: card_number password`."
    )

    own_addresses: str = Field(
        "",
        description="E-mail addresses and domains of one's own, with blanks between; empty finds them in a mailbox itself.",
    )
    hours: str = Field(
        "always",
        description="When somebody is there to answer who writes: `always`, or such as `Mon-Fri 09:00-17:30, Europe/London, "
        "holidays GB-ENG`.",
    )
    hours_by_team: str = Field(
        "",
        description="The same for single teams, with semicolons between: `Care: Mon-Fri 08:00-20:00, Europe/Paris; Night: "
        "daily 20:00-06:00`.",
    )

    originals: Literal["drop", "keep"] = Field(
        "drop",
        description="What becomes of calls as they were with their private words: `drop`, or `keep` them encrypted.",
    )
    originals_key: str = Field(
        "", description="The key that originals are encrypted with: 64 hex digits, or a file that holds them.", repr=False
    )
    originals_key_before: str = Field(
        "",
        repr=False,
        description="The key that originals had before, until `cli.py rotate-key` is through.",
    )
    originals_for: str = Field("administrator", description="The roles that may read an original, with blanks between.")

    encryption_key: str = Field(
        "",
        repr=False,
        description="The key that kept files and words in the database are encrypted with: 64 hex digits, or a file that "
        "holds them; empty keeps them as they are.",
    )
    encryption_key_before: str = Field(
        "", repr=False, description="The key that they were encrypted with before, until `cli.py rotate-key` is through."
    )
    watch: str = Field(
        "",
        repr=False,
        description="Places where recordings and transcripts arrive, with semicolons between: folders, or addresses that "
        "fsspec reads, such as `s3://calls/incoming`.",
    )
    watch_rest_seconds: float = Field(
        10.0, ge=0, description="Seconds for which a file there has to stay as it is before it is taken in."
    )
    watch_done: Literal["leave", "move", "remove"] = Field(
        "leave",
        description="What becomes of files that were taken in there: `leave`, `move` to the folder `done` or `remove`.",
    )
    work_here: bool = Field(
        True, description="Whether the dashboard's program starts a worker that takes calls in; else `cli.py work` does."
    )
    inbox_failed_days: int = Field(
        7,
        ge=0,
        description="Days for which what could not be taken in stays on the page *Coming in*, with the file where a program "
        "sent it.",
    )
    keep_audio_days: int = Field(0, ge=0, description="Days for which recordings are kept; 0 keeps them until told.")
    keep_words_days: int = Field(0, ge=0, description="Days for which what was said is kept; 0 keeps it until told.")
    keep_scores_days: int = Field(0, ge=0, description="Days for which scores are kept; 0 keeps them until told.")
    keep_days_by_team: str = Field(
        "",
        description="The same for single teams, with semicolons between: `Payments: audio 30, words 60; Chat: words 30`.",
    )

    @field_validator("keep_days_by_team")
    @classmethod
    def _days_of_teams(cls, written: str) -> str:
        days_by_team(written)
        return written

    oidc_issuer: str = Field(
        "", description="Issuer of an OpenID Connect provider that people sign in with, an `https://` address; empty: none."
    )
    oidc_client: str = Field("", description="The id under which that provider knows Attune.")
    oidc_secret: str = Field("", repr=False, description="The secret that goes with it; empty for a public client.")
    oidc_name: str = Field(
        "your organisation", description="What the button to sign in with the provider says behind `with`."
    )
    oidc_scope: str = Field("openid email profile", description="The scopes that are asked of the provider, with blanks.")
    oidc_people: Literal["known", "add"] = Field(
        "known", description="Who may sign in with the provider: people who are known here, or `add` those who are not."
    )
    oidc_roles_claim: str = Field(
        "", description="The claim that holds groups or roles, such as `groups` or `realm_access.roles`; empty: roles stay."
    )
    oidc_roles: str = Field(
        "", description="Which role each gives, the first that fits: `QA leads: quality_manager; Floor: agent`."
    )
    oidc_teams_claim: str = Field("", description="The claim that holds a coach's teams, by the names that they have here.")
    oidc_agent_claim: str = Field(
        "",
        description="The claim that says which agent a new agent is, by the name in the calls; not one to change oneself.",
    )
    oidc_unverified: bool = Field(
        False, description="Whether addresses count that the provider does not say to have verified."
    )
    passwords: bool = Field(
        True,
        description="Whether people sign in with passwords too; `False` leaves it to the provider, but for emergencies.",
    )

    @model_validator(mode="after")
    def _somebody_gets_in(self) -> Self:
        if not self.passwords and not (self.oidc_issuer and self.oidc_client):
            raise ValueError(
                "ATTUNE_PASSWORDS is off and no provider is set, so that nobody could sign in: set ATTUNE_OIDC_ISSUER and "
                "ATTUNE_OIDC_CLIENT, or leave passwords on"
            )
        return self

    @model_validator(mode="after")
    def _mail_can_be_sent(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            raise ValueError("ATTUNE_SMTP_HOST is set and ATTUNE_SMTP_FROM is not: say which address mail comes from")
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError(
                "ATTUNE_SMTP_SECURITY is none: a password is not sent where others can read it; set starttls or tls, or no "
                "user"
            )
        return self

    @field_validator("dask_resources")
    @classmethod
    def _resources(cls, written: str) -> str:
        resources(written)
        return written

    @property
    def dask_resources_wanted(self) -> dict[str, float]:
        """What a worker has to offer to get calls, by name."""
        return resources(self.dask_resources)

    @field_validator("home", "cache")
    @classmethod
    def _without_tilde(cls, folder: Path) -> Path:
        return folder.expanduser()

    @property
    def url(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'attune.db'}"

    @property
    def names(self) -> tuple[str, ...]:
        """The vocabulary, name by name."""
        return tuple(name.strip() for name in self.vocabulary.split(";") if name.strip())

    @property
    def watched(self) -> tuple[str, ...]:
        """The watched places, address by address."""
        return tuple(dict.fromkeys(place.strip() for place in self.watch.split(";") if place.strip()))


_DAYS = re.compile(r"(audio|words|scores)\s+(\d{1,5})")


def days_by_team(written: str) -> dict[str, dict[str, int]]:
    """For each team that has days of its own: for how many audio, words or scores are kept, as far as it says; 0 is until
    told. Raises ValueError with a sentence naming what cannot be read."""
    found: dict[str, dict[str, int]] = {}
    for one in filter(None, (part.strip() for part in written.split(";"))):
        team, colon, days = one.rpartition(":")
        read = [_DAYS.fullmatch(part.strip()) for part in days.split(",")]
        if not colon or not team.strip() or not all(read):
            raise ValueError(f"{one!r} is not TEAM: KIND DAYS; such as Payments: audio 30, words 60; Chat: words 30")
        found[team.strip()] = {match[1]: int(match[2]) for match in read if match}
    return found


def resources(written: str) -> dict[str, float]:
    """How much of each resource is asked for. Raises ValueError with a sentence naming what cannot be read."""
    found = {}
    for one in written.split():
        match = re.fullmatch(r"(\w+)=(\d+(?:\.\d+)?)", one)
        if not match:
            raise ValueError(f"{one!r} is not NAME=AMOUNT; such as GPU=1")
        found[match[1]] = float(match[2])
    return found


CHANGED_ON_THE_PAGE = (
    "session_hours",
    "idle_minutes",
    "agent_target",
    "dispute_days",
    "disputes_per_month",
    "dispute_decider",
    "again_days",
    "keep_audio_days",
    "keep_words_days",
    "keep_scores_days",
    "keep_days_by_team",
)
"""Options that an administrator may change on the page *Settings*, where neither the environment nor the file sets them.
The others say where things are or what the machine can do; those belong to whoever runs it."""

_kept: dict[str, str] = {}


def keep_options(values: Mapping[str, str]) -> None:
    """From now on these options, as they were set on the page, are in force in this process, as far as neither the
    environment nor the file sets them."""
    if dict(values) != _kept:
        _kept.clear()
        _kept.update(values)
        settings.cache_clear()


def check_option(name: str, value: str) -> None:
    """Raise SettingsError where an option cannot have this value."""
    try:
        Settings(**{name: value})  # type: ignore[arg-type]
    except ValidationError as wrong:
        raise SettingsError(f"{name.replace('_', ' ').capitalize()}: {wrong.errors()[0]['msg']}.") from wrong


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The options in force, read once per process.

    Raises SettingsError with one line for each option that does not fit.
    """
    try:
        given = Settings()
        kept = {name: value for name, value in _kept.items() if name not in given.model_fields_set}
        return Settings(**kept) if kept else given  # type: ignore[arg-type]
    except ValidationError as wrong:
        lines = map(_line, wrong.errors())
        raise SettingsError("These settings cannot be used:\n" + "\n".join(lines)) from None  # `wrong` holds what was set


def _line(error: "ErrorDetails") -> str:
    """What does not fit, and the value of it where that is one option that holds no secret; what is said of several options
    comes with the values of all."""
    if not error["loc"]:
        return error["msg"]
    name = str(error["loc"][0]).lower().removeprefix("attune_")
    field = Settings.model_fields.get(name)
    value = f" (it is {error['input']!r})" if field is not None and field.repr and name != "database_url" else ""
    return f"ATTUNE_{name.upper()}: {error['msg']}{value}"
