"""What became of what a customer was promised, going by their conversations? For the page of a customer and for exports."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy.orm import Session

from scoring.journey import Contact, Followed, Promise, follow
from storage import queries
from storage.access import Asker


def promises(session: Session, asker: Asker, customer: str, contacts: Sequence[Contact]) -> list[Followed]:
    """What was promised, and what became of it by these contacts."""
    rows = queries.customer_promises(session, asker, customer)
    now = datetime.now(UTC)
    return [follow(_promise(row), contacts, now) for row in rows.itertuples()]


def _promise(row: object) -> Promise:
    given = row._asdict()  # type: ignore[attr-defined]
    answered, word = given["answered_at"], given["word"]
    return Promise(
        given["call_id"],
        given["turn"],
        given["behaviour"],
        given["probability"],
        given["quote"],
        given["agent"],
        given["at"].to_pydatetime(),
        None if pd.isna(answered) else answered.to_pydatetime(),
        None if pd.isna(word) else bool(word),
        given["word_by"],
    )


def contacts_of(rows: pd.DataFrame) -> list[Contact]:
    """The conversations of the frame as values; what the machine may not tell yet is unknown."""
    return [
        Contact(
            row["call_id"],
            row["started_at"].to_pydatetime(),
            row["channel"],
            row["direction"] == "outbound",
            row["reason"],
            row["duration_seconds"],
            _whole(row["holds"]),
            _known(row["hold_seconds"]),
            _whole(row["transfers"]),
            _known(row["repeat_said"]),
            *(_known(row[f"valence_{name}"]) for name in ("start", "peak", "end")),
        )
        for row in rows.to_dict("records")
    ]


def _whole(value: float) -> int | None:
    return None if pd.isna(value) else int(value)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else value
