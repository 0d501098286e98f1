"""What a security officer may rely on where private words are taken out of calls that are stored already."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from errors import NotAllowed, StorageError
from reviews.sides import SideChange, swapped
from scoring.result import Verdict
from storage import desk, queries, redaction, repository, teaching
from storage.access import SYSTEM, Asker, Role
from storage.audit_check import all_entries, check
from storage.database import reading, transaction
from storage.people import add_user
from storage.records import NewTranscript
from storage.redaction import CleanCall, Reading
from storage.removal import WORDS
from storage.repository import load_evaluations, load_transcript
from tests.storage.build import a_scorecard, a_scored_call, an_evaluation
from tests.storage.test_keeping import everything
from transcripts.model import Transcript

CARD = "4929 1182 3341 2219"
CALL = a_scored_call("old", "agent: Hello, go ahead.", f"customer: My card number is {CARD}.", "agent: Thank you.")
CALL_ID = CALL.transcript.call_id


def without_card(transcript: Transcript) -> Transcript:
    turns = tuple(replace(turn, text=turn.text.replace(CARD, "[card number]")) for turn in transcript.turns)
    return replace(transcript, turns=turns)


READING = Reading(lambda text: text.replace(CARD, "[card number]"), without_card)


def store(session: Session) -> None:
    """A call about which people wrote down what was private, corrected in who spoke and back."""
    assert repository.store_scored_call(session, CALL)
    rosa = Asker(add_user(session, "rosa@example.org", "Rosa", Role.REVIEWER, "hash"), Role.REVIEWER, name="Rosa")
    (stored,) = load_evaluations(session, CALL_ID)
    repository.add_override(session, rosa, stored.result_ids["thanks"], Verdict.NOT_MET, f"She said {CARD}.")
    desk.comment(session, rosa, "browser-1", CALL_ID, f"Why {CARD}?", turn=1)
    teaching.mark_turn(session, rosa, CALL_ID, 1, "empathy", True)
    for _ in range(2):
        before = load_transcript(session, CALL_ID)
        after = swapped(before)
        judged = tuple((card, an_evaluation(after, card)) for card, _ in CALL.evaluations)
        new = NewTranscript(SideChange.SWAP, before.content_hash, after, CALL.signals, judged)
        repository.replace_transcript(session, rosa, new, f"It was {CARD}.")


def clean(session: Session) -> int:
    before = load_transcript(session, CALL_ID)
    after = without_card(before)
    redaction.put_clean(session, SYSTEM, before.content_hash, CleanCall(after, CALL.signals, None))
    return redaction.clean_texts(session, SYSTEM, CALL_ID, after, READING)


def test_what_was_private_stands_nowhere_any_more_and_scores_stay_as_they_were(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
    with reading(engine) as session:
        assert CARD in everything(session)
        (before,) = load_evaluations(session, CALL_ID)
    with transaction(engine) as session:
        assert clean(session) >= 4
    with reading(engine) as session:
        assert CARD not in everything(session)
        (after,) = load_evaluations(session, CALL_ID)
        assert (after.id, after.current.total) == (before.id, before.current.total)
        assert load_transcript(session, CALL_ID).turns[1].text == "My card number is [card number]."
        assert len(queries.search_words(session, SYSTEM, "card number")) == 1
        assert check(session).faults == ()
        (entry,) = (entry for entry in all_entries(session) if entry.what == "redacted")
        assert set(entry.details) == {"before", "after"}


def test_doing_it_again_changes_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        clean(session)
        after = load_transcript(session, CALL_ID)
        assert redaction.clean_texts(session, SYSTEM, CALL_ID, after, READING) == 0


def test_a_call_that_was_changed_meanwhile_is_left_as_it_is(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        with pytest.raises(StorageError, match="changed in the meantime"):
            redaction.put_clean(session, SYSTEM, "0" * 64, CleanCall(CALL.transcript, CALL.signals, None))


def test_a_clean_call_can_be_judged_by_another_version(engine: Engine) -> None:
    with transaction(engine) as session:
        store(session)
        clean(session)
        said = load_transcript(session, CALL_ID)
        card = a_scorecard(version=2)
        assert repository.add_evaluation(session, card, an_evaluation(said, card))
        (stored,) = load_evaluations(session, CALL_ID)
        assert stored.scorecard.version == 2


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.REVIEWER, Role.COACH, Role.AGENT])
def test_it_is_for_administrators(engine: Engine, role: Role) -> None:
    asker = Asker(1, role)
    with reading(engine) as session:
        for ask in (
            lambda: redaction.stored_calls(session, asker),
            lambda: redaction.put_clean(session, asker, "", CleanCall(CALL.transcript, CALL.signals, None)),
            lambda: redaction.clean_texts(session, asker, CALL_ID, CALL.transcript, READING),
        ):
            with pytest.raises(NotAllowed):
                ask()


def test_every_quote_of_a_turn_is_read_with_its_turn() -> None:
    assert {row for row, empty in WORDS.items() if "quote" in empty} <= set(redaction.QUOTES)
