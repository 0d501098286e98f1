"""A small contact centre, entirely invented, with calls whose scores can be worked out by hand.

Two teams with two agents each. Every agent has the same run of calls, so that who is asked decides what is seen. Nadia
greets always and never apologises; one call of hers fails a whole scorecard; one question always waits for a person.
"""

import hashlib
import wave
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from argon2 import PasswordHasher
from sqlalchemy import Engine

from scorecards.definition import Criterion, Fails, Rule, Scorecard, Section
from scoring.evaluate import evaluate
from scoring.signals.model import Interruption, Signals, Silence
from storage import repository
from storage.access import Asker, Role
from storage.database import open_database, transaction
from storage.people import add_user
from storage.records import CallFacts, CallKind, ScoredCall
from tests.build import a_transcript, a_turn
from transcripts.model import Sides, Span, Speaker, Transcript, Turn, Word

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A hash says itself what it costs to try a password. What a real one costs is asked elsewhere, not at each sign-in."""

MARKUP = "<img src=x onerror=\"document.title='owned'\">"
"""What one customer says; it must never be more than words."""

PICTURE = "![](http://elsewhere.test/x.png) Smith"
"""What one customer is called; it must not fetch a picture from anywhere."""

TEAMS = {"Harbour": ("Nadia Osei", "Tom Reed"), "Meadow": ("Lena Fox", "Sam Ito")}
CALLS_EACH = 12
LAST_DAY = datetime(2026, 8, 14, 10, 0, tzinfo=UTC)

MANNERS = Scorecard(
    "manners",
    1,
    "Manners",
    70,
    (
        Section(
            "opening",
            "Opening",
            (
                Criterion(
                    "greets",
                    "Did the agent greet the customer?",
                    Rule("says.v1", {"phrases": ["good morning"]}),
                    weight=2,
                    tip="Begin with a greeting.",
                ),
                Criterion(
                    "apologises",
                    "Did the agent apologise?",
                    Rule("says.v1", {"phrases": ["I am sorry"]}),
                    weight=2,
                    tip="Say sorry once, early, and mean it.",
                ),
            ),
        ),
        Section(
            "care",
            "Care",
            (Criterion("notes", "Do the notes agree with what was promised?", Rule("by_hand.v1"), weight=1),),
        ),
    ),
)

SAFETY = Scorecard(
    "safety",
    1,
    "Safety",
    80,
    (
        Section(
            "identity",
            "Identity",
            (
                Criterion(
                    "checks",
                    "Did the agent check who is calling?",
                    Rule("says.v1", {"phrases": ["date of birth"]}),
                    weight=1,
                ),
                Criterion(
                    "no_threats",
                    "Did the agent refrain from threats?",
                    Rule("never_says.v1", {"phrases": ["you will regret this"]}),
                    weight=3,
                    fails=Fails.SCORECARD,
                ),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Centre:
    """Where the centre's database and recordings are, and whom a test can ask as."""

    home: Path
    url: str
    askers: dict[str, Asker]
    calls: dict[str, list[str]]
    """Ids of each agent's calls, the latest first."""


def _doubted(text: str, start: float, end: float, doubted: str) -> Turn:
    """A turn of the agent with times for each word, one of which was heard with doubt."""
    words = text.split()
    step = (end - start) / len(words)
    timed = tuple(
        Word(word, start + n * step, start + (n + 1) * step, 0.31 if word == doubted else 0.97)
        for n, word in enumerate(words)
    )
    return Turn(Speaker.AGENT, start, end, text, timed)


def a_call(agent: str, number: int) -> Transcript:
    """One conversation. The first of each agent is a recording of two channels, the second one of one channel.

    In the last of Tom's, on one channel, three of five turns are doubtful; in Sam's the sides were not told apart at all.
    """
    identity = hashlib.sha256(f"{agent} {number}".encode()).hexdigest()
    greeting = "Good morning, this is the service desk." if agent == "Nadia Osei" or number % 3 else "Service desk."
    sorry = "I am sorry to hear that." if agent != "Nadia Osei" and number % 2 else "Right."
    threat = " You will regret this." if agent == "Nadia Osei" and number == 3 else ""
    said = MARKUP if number == 0 else f"My heating has been off since Monday, and it is call number {number}."
    turns: tuple[Turn, ...] = (
        _doubted(greeting, 0.5, 3.0, "service"),
        a_turn("customer", said, 3.4, 8.0),
        a_turn("agent", f"{sorry} What is your date of birth?{threat}", 8.3, 12.0),
        a_turn("customer", "The second of May. Thank you, that is kind.", 17.5, 21.0),
        a_turn("agent", "Somebody comes tomorrow before noon.", 21.5, 24.0),
    )
    channels, sides = {0: (2, Sides.CHANNELS), 1: (1, Sides.VOICES)}.get(number, (0, Sides.GIVEN))
    last = number == CALLS_EACH - 1
    if last and agent == "Tom Reed":
        channels, sides = 1, Sides.VOICES
        turns = tuple(replace(turn, side_confidence=0.9 if n in (0, 4) else 0.55) for n, turn in enumerate(turns))
    if last and agent == "Sam Ito":
        channels, sides = 1, Sides.UNKNOWN
        turns = tuple(replace(turn, speaker=Speaker.OTHER, side_confidence=0.0) for turn in turns)
    if number == 0 and agent == "Sam Ito":
        sides = Sides.SWAPPED
    return a_transcript(*turns, call_id=identity[:16], channels=channels, sides=sides)


def some_signals(transcript: Transcript) -> Signals:
    """Signals with round figures; no model is needed for what these scorecards ask."""
    return Signals(
        valence=tuple(0.1 * n - 0.2 for n in range(len(transcript.turns))),
        measures={
            "agent_talk_share": 0.45,
            "customer_talk_share": 0.55,
            "longest_silence_seconds": 5.5,
            "total_silence_seconds": 6.0,
            "silence_share": 0.25,
            "agent_interruptions": 1.0,
            "customer_interruptions": 0.0,
            "agent_words_per_minute": 150.0,
            "customer_words_per_minute": 140.0,
            "customer_valence": -0.1,
            "customer_valence_end": 0.2,
            "agent_valence": 0.1,
        },
        silences=(Silence(Span(12.0, 17.5), 2),),
        interruptions=(Interruption(Speaker.AGENT, 2, 8.3, 0.4),),
        models={"sentiment": "set by hand for a test"},
    )


def write_tone(path: Path, seconds: float = 24.0, rate: int = 8000) -> None:
    """A two-channel recording: a low tone on the left, a higher one on the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        n = np.arange(int(seconds * rate))
        wav.writeframes((4000 * np.sin(np.stack([n * 0.3, n * 0.5], axis=1))).astype("<i2").tobytes())


def _store_calls(engine: Engine, home: Path) -> dict[str, list[str]]:
    calls: dict[str, list[str]] = {}
    with transaction(engine) as session:
        for scorecard in (MANNERS, SAFETY):
            repository.save_scorecard_version(session, scorecard)
        for team, agents in TEAMS.items():
            for agent in agents:
                for number in range(CALLS_EACH):
                    transcript = a_call(agent, number)
                    signals = some_signals(transcript)
                    recording = f"{transcript.call_id}.wav" if number < 2 else None
                    if recording:
                        write_tone(home / "recordings" / recording)
                    facts = CallFacts(
                        content_hash=hashlib.sha256(transcript.call_id.encode()).hexdigest(),
                        kind=CallKind.RECORDING if recording else CallKind.TRANSCRIPT,
                        file_name=f"{transcript.call_id}.wav",
                        started_at=LAST_DAY - timedelta(days=4 * number),
                        agent=agent,
                        team=team,
                        customer=PICTURE if number == 2 else f"Customer {number}",
                        direction="inbound",
                        queue="repairs" if number % 2 else "billing",
                        recording=recording,
                    )
                    scored = tuple((card, evaluate(transcript, signals, card)) for card in (MANNERS, SAFETY))
                    repository.store_scored_call(session, ScoredCall(facts, transcript, signals, scored))
                    calls.setdefault(agent, []).append(transcript.call_id)
    return calls


def build_centre(home: Path) -> Centre:
    """The whole centre in a folder: a copy of one that is made once."""
    made, files = _made()
    for name, content in files.items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return replace(made, home=home, url=f"sqlite:///{home / 'attune.db'}", askers=dict(made.askers))


@cache
def _made() -> tuple[Centre, dict[Path, bytes]]:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        made = make_centre(home)
        return made, {file.relative_to(home): file.read_bytes() for file in home.rglob("*") if file.is_file()}


def make_centre(home: Path) -> Centre:
    """Make the whole centre in a folder, from its first call on."""
    url = f"sqlite:///{home / 'attune.db'}"
    engine = open_database(url)
    calls = _store_calls(engine, home)
    with transaction(engine) as session:
        teams = {name: repository.add_team(session, name) for name in TEAMS}
        people = {
            "administrator": ("Ada Winter", Role.ADMINISTRATOR, None, ()),
            "quality": ("Mira Holt", Role.QUALITY_MANAGER, None, ()),
            "reviewer": ("Rosa Lind", Role.REVIEWER, None, ()),
            "idris": ("Idris Vane", Role.REVIEWER, None, ()),
            "coach": ("Conrad Bell", Role.COACH, None, (teams["Harbour"],)),
            "nadia": ("Nadia Osei", Role.AGENT, repository.add_agent(session, "Nadia Osei"), ()),
            "lena": ("Lena Fox", Role.AGENT, repository.add_agent(session, "Lena Fox"), ()),
        }
        askers = {}
        for key, (name, role, agent_id, team_ids) in people.items():
            user_id = add_user(session, f"{key}@attune.example", name, role, PASSWORD_HASH, agent_id, team_ids)
            askers[key] = Asker(user_id, role, agent_id, frozenset(team_ids), name)
    engine.dispose()
    return Centre(home, url, askers, calls)
