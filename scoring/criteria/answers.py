"""Did what the agent wrote answer what the customer asked, or would it have fitted any question?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from scoring.criteria.base import MOST_EVIDENCE, UNQUOTED, Context, Judgement, does_not_apply, unsure
from scoring.result import Evidence, Searched, Verdict
from scoring.signals.replies import closes
from transcripts.model import Speaker


class Asked(NamedTuple):
    """A sentence in which the customer asked something, and the agent's sentence after it that is nearest in meaning; None
    where the agent wrote nothing more. Sentences by their index in the signals."""

    question: int
    answer: int | None
    likeness: float


@dataclass(frozen=True)
class Answers:
    """What the customer asked is to be answered in the agent's later messages.

        kind: answers.v1
        with:
          alike: 0.25                         # from this cosine similarity on a sentence takes the question up
          unlike: 0.12                        # below it nothing that was written has to do with the question

    Every sentence with a question mark in a customer's message is held against all that the agent wrote after it: the
    nearest sentence counts. Not met where nothing comes near one of them, as where a prepared text ignores the question;
    unsure between the two bounds. Questions after which the agent wrote nothing are left to `replies.v1`. Does not apply
    where the customer asked nothing. What the bounds find is measured by `python -m bench.answers`. probability: that of the
    verdict, from how many such pairs lie on each side of the bound.
    """

    name: ClassVar[str] = "answers.v1"
    placed: ClassVar[bool] = False

    alike: float = 0.25
    unlike: float = 0.12

    def problems(self) -> Iterator[tuple[str, str]]:
        """Bounds that cannot be."""
        if not 0 < self.alike < 1:
            yield "alike", f"a similarity between 0 and 1, not {self.alike:g}"
        if not 0 <= self.unlike <= self.alike:
            yield "unlike", f"a similarity from 0 to `alike` ({self.alike:g}), not {self.unlike:g}"

    def judge(self, context: Context) -> Judgement:
        """Look for the question that was taken up least."""
        if refused := context.cannot_tell("customer"):
            return refused
        questions = self._questions(context)
        if not questions:
            return does_not_apply("The customer asked nothing.")
        asked = [one for one in (self._taken_up(context, index) for index in questions) if one.answer is not None]
        if not asked:
            return does_not_apply("The agent wrote nothing after what the customer asked.")
        by_likeness = sorted(asked, key=lambda one: one.likeness)
        least = by_likeness[0]
        evidence = [piece for one in by_likeness for piece in self._quoted(context, one)][:MOST_EVIDENCE]
        if least.likeness < self.unlike:
            return Judgement(Verdict.NOT_MET, SURE_IGNORED, tuple(evidence), self._searched(context, least))
        if least.likeness < self.alike:
            return unsure("Whether this question was taken up is too close to tell.", evidence=evidence)
        return Judgement(Verdict.MET, SURE_ANSWERED, tuple(evidence))

    def _questions(self, context: Context) -> list[int]:
        turns = context.transcript.turns
        return [
            index
            for index, sentence in enumerate(context.signals.sentences)
            if turns[sentence.turn].speaker is Speaker.CUSTOMER and sentence.text.rstrip().endswith("?")
            if not closes(sentence.text)
        ]

    def _taken_up(self, context: Context, question: int) -> Asked:
        signals, turns = context.signals, context.transcript.turns
        after = [
            index
            for index, sentence in enumerate(signals.sentences)
            if sentence.turn > signals.sentences[question].turn and turns[sentence.turn].speaker is Speaker.AGENT
        ]
        if not after:
            return Asked(question, None, 0.0)
        likeness = np.asarray(signals.embeddings[after] @ signals.embeddings[question], dtype=np.float64)
        best = int(likeness.argmax())
        return Asked(question, after[best], round(float(likeness[best]), 4))

    def _quoted(self, context: Context, asked: Asked) -> tuple[Evidence, ...]:
        if not context.telling:
            return (UNQUOTED,)
        question = self._piece(context, asked.question, "The customer asked this.")
        if asked.answer is None:
            return (question,)
        why = f"Of all that the agent wrote after it this is nearest in meaning ({asked.likeness:.2f}; "
        why += f"below {self.unlike:.2f} has nothing to do with it, from {self.alike:.2f} on takes it up)."
        return question, self._piece(context, asked.answer, why)

    def _piece(self, context: Context, index: int, why: str) -> Evidence:
        sentence = context.signals.sentences[index]
        turn = context.transcript.turns[sentence.turn]
        start, end = (turn.start, turn.end) if sentence.start is None else (sentence.start, sentence.end)
        return Evidence(why, sentence.turn, start, end, sentence.text)

    def _searched(self, context: Context, asked: Asked) -> Searched:
        turn = context.signals.sentences[asked.question].turn
        later = [n for n in context.turns_of("agent") if n > turn]
        nearest = None if asked.answer is None else self._piece(context, asked.answer, "The nearest thing that was written.")
        return Searched("agent", len(later), None, None, "anything that has to do with the question", nearest)


SURE_ANSWERED = 0.75
SURE_IGNORED = 0.9
"""How many of `bench.answers`' decisions each way were right, on pairs that no bound was chosen by, rounded down."""
