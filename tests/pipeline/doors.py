"""E-mails that come in by each door, of which only what a small card asks for is measured."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

import pipeline.ingest
import pipeline.score
from pipeline.arrivals import ingest_files, work_off
from pipeline.ingest import Outcome
from pipeline.listen import Listening
from pipeline.metadata import NOTHING_KNOWN
from pipeline.receive import Sent, accept
from pipeline.score import Work
from scoring.behaviours.learned import Learned
from scoring.signals.model import Signals
from settings import settings
from storage import queries, repository, tokens
from storage.access import SYSTEM, Role
from storage.database import reading, transaction
from storage.inbox import Found, arrive
from storage.people import add_team
from storage.records import CallDetails
from storage.tables import CallRow
from storage.token_tables import ApiTokenRow
from storage.tokens import Scope
from transcripts.model import Transcript

CARD = """
id: reply_card
version: 1
title: Replies
pass_mark: 50
sections:
  - id: all
    title: All
    criteria:
      - {id: in_time, question: Answered within an hour?, kind: replies.v1, with: {met_minutes: 60, clock: working}}
      - {id: sorry, question: Did the agent say sorry?, kind: says.v1, with: {phrases: [sorry]}}
      - {id: notes, question: Do the notes agree?, kind: by_hand.v1}
"""
ANN, BOB, CARE = "Ann Alpha <ann@a.example>", "Bob Beta <bob@b.example>", "Care <care@shop.example>"


def measured(transcript: Transcript, adopted: Sequence[Learned] = ()) -> Signals:
    """Nothing that needs a model: no question of the card asks for it."""
    return Signals((0.0,) * len(transcript.turns), {}, (), (), (), np.zeros((0, 0), np.float32), {})


def here(work: Any, items: Iterable[Work | None], *_: Any, **__: Any) -> Iterator[tuple[Work, Any]]:
    """Each in this process, as soon as it is asked for."""
    return ((item, work(item)) for item in items if item is not None)


def a_mail(sender: str, to: str, id_: str, hour: int, words: str, answers: str = "") -> str:
    """An e-mail of one day, as it was sent."""
    heads = [
        f"From: {sender}",
        f"To: {to}",
        "Subject: Offer",
        f"Date: Mon, 02 Mar 2026 {hour:02}:00:00 +0000",
        f"Message-ID: {id_}",
        "MIME-Version: 1.0",
        *([f"In-Reply-To: {answers.split()[-1]}", f"References: {answers}"] if answers else []),
    ]
    return "\n".join(heads) + f"\n\n{words}\n"


class Doors:
    """The ways by which an e-mail comes in: each method takes one in, and gives what became of it."""

    def __init__(self, engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch, own: str = "shop.example") -> None:
        self.engine, self._folder, self._monkeypatch, self._number = engine, folder, monkeypatch, 0
        self.card = folder / "reply_card.yaml"
        self.card.write_text(CARD)
        self.set(SCORECARDS=str(self.card), CHANNEL_SCORECARDS="", OWN_ADDRESSES=own)
        monkeypatch.setattr(pipeline.score, "measure", measured)
        monkeypatch.setattr(pipeline.ingest, "spread", here)

    def set(self, **values: str) -> None:
        """Change settings."""
        for name, value in values.items():
            self._monkeypatch.setenv(f"ATTUNE_{name}", value)
        settings.cache_clear()

    def command(self, *mails: str) -> list[Outcome]:
        """By the command line, in one go; one whose first line is `From ` is a mailbox."""
        files = [self._file(self._folder, mail) for mail in mails]
        return ingest_files(files, NOTHING_KNOWN, self._listening, [str(self.card)])

    def place(self, name: str, mail: str, **facts: Any) -> Outcome:
        """By the watched place of that name."""
        place = self._folder / name
        place.mkdir(exist_ok=True)
        self.set(WATCH=";".join(str(one) for one in self._folder.iterdir() if one.is_dir() and one.name != "home"))
        file = self._file(place, mail)
        with transaction(self.engine) as session:
            arrive(session, str(place), [Found(file.name, file.name, str(file), facts)])
        return self._work_off()

    def program(self, token: int, mail: str, **facts: Any) -> Outcome:
        """By a program with that token."""
        self._number += 1
        with reading(self.engine) as session:
            row = session.scalars(select(ApiTokenRow).where(ApiTokenRow.id == token)).one()
            known = tokens.token_of_row(row)
        accept(self.engine, known, str(self._number), "one.eml", BytesIO(mail.encode()), Sent(**facts))
        return self._work_off()

    def token(self, *teams: int) -> int:
        """A new token that sends calls, of all teams or of these."""
        with transaction(self.engine) as session:
            role = Role.COACH if teams else Role.QUALITY_MANAGER
            return tokens.add_token(session, SYSTEM, "a program", [Scope.SEND_CALLS], role, 30, teams)[0]

    def teams(self, *names: str) -> list[int]:
        """The ids of new teams."""
        with transaction(self.engine) as session:
            return [add_team(session, name) for name in names]

    def move(self, call_id: str, team: int) -> None:
        """Make it a call of that team."""
        with transaction(self.engine) as session:
            session.get_one(CallRow, call_id).team_id = team

    def calls(self) -> list[CallDetails]:
        """All that is stored, the oldest first."""
        with reading(self.engine) as session:
            found = [queries.call_details(session, SYSTEM, id_) for id_ in repository.call_ids(session)]
        return [one for one in found if one is not None]

    def said(self) -> list[list[tuple[str, str]]]:
        """Who said what in each call, without the subject."""
        return [
            [(turn.speaker.value, turn.text.removeprefix("Offer\n\n")) for turn in call.transcript.turns]
            for call in self.calls()
        ]

    def _file(self, folder: Path, mail: str) -> Path:
        self._number += 1
        file = folder / f"{self._number}.{'mbox' if mail.startswith('From ') else 'eml'}"
        file.write_text(mail)
        return file

    def _work_off(self) -> Outcome:
        (outcome,) = work_off(self.engine, self._listening)
        return outcome

    @property
    def _listening(self) -> Listening:
        return Listening.from_settings(settings())
