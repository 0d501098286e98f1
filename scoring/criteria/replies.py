"""Did a customer who wrote get an answer in time?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from scoring.criteria.base import MOST_EVIDENCE, Context, Judgement, Place, does_not_apply, unsure
from scoring.result import Evidence, Verdict
from scoring.signals.replies import Wait, long, waits_of

MINUTE = 60.0


@dataclass(frozen=True)
class Replies:
    """How long a customer who wrote may wait.

        kind: replies.v1
        with:
          which: every                        # first, or every: then the longest wait decides
          met_minutes: 60                     # so long at most
          partly_minutes: 240                 # beyond it, so long at most is partly met
          clock: around                       # around the clock, or working: the hours in which somebody was there

    A wait begins with the first message that nobody has answered yet and ends with an agent's; what a machine sends by
    itself answers nobody, and thanks want no answer. A message that nobody answered is not met once the file reaches beyond
    the limit, and unsure before: it may have been answered since. Does not apply where it is not known when messages were
    sent, or where the customer wrote nothing that wants an answer. probability: 1, the time is read off.
    """

    name: ClassVar[str] = "replies.v1"
    placed: ClassVar[bool] = True

    met_minutes: float
    partly_minutes: float | None = None
    which: Literal["first", "every"] = "every"
    clock: Literal["around", "working"] = "around"

    def problems(self) -> Iterator[tuple[str, str]]:
        """Limits that cannot be."""
        if self.met_minutes <= 0:
            yield "met_minutes", f"a number of minutes above 0, not {self.met_minutes:g}"
        if self.partly_minutes is not None and self.partly_minutes <= self.met_minutes:
            yield "partly_minutes", f"more minutes than `met_minutes` ({self.met_minutes:g}), not {self.partly_minutes:g}"

    def judge(self, context: Context) -> Judgement:
        """Hold the wait that decides to the limits."""
        if refused := context.cannot_tell("customer", words=False):
            return refused
        if not context.transcript.clocked:
            return does_not_apply("It is not known when the messages of this conversation were sent.")
        waits = waits_of(context.transcript)
        if not waits:
            return does_not_apply("The customer wrote nothing that wanted an answer.")
        looked = waits[:1] if self.which == "first" else waits
        known = [wait for wait in looked if self._minutes(wait) is not None]
        open_ = [wait for wait in looked if wait.answered is None]
        longest = max(known, key=lambda wait: self._minutes(wait) or 0.0, default=None)
        if longest is not None and self._verdict(longest) is Verdict.NOT_MET:
            return self._judged(context, Verdict.NOT_MET, longest, known)
        if open_:
            return self._open(context, open_[0])
        assert longest is not None  # every wait that ended has a length
        return self._judged(context, self._verdict(longest), longest, known)

    def _minutes(self, wait: Wait) -> float | None:
        seconds = wait.working if self.clock == "working" else wait.seconds
        return None if seconds is None else seconds / MINUTE

    def _verdict(self, wait: Wait) -> Verdict:
        minutes = self._minutes(wait) or 0.0
        if minutes <= self.met_minutes:
            return Verdict.MET
        return Verdict.PARTLY if minutes <= (self.partly_minutes or self.met_minutes) else Verdict.NOT_MET

    def _open(self, context: Context, wait: Wait) -> Judgement:
        known = self._minutes(wait)
        until = "nothing says until when the file was complete"
        if known is not None:
            until = f"the file ends {long(MINUTE * known)} later"
        why = f"This message stands unanswered, but {until}: it may have been answered since."
        return unsure(why, evidence=[self._message(context, wait.asked, "The customer wrote this.")])

    def _judged(self, context: Context, verdict: Verdict, longest: Wait, waits: list[Wait]) -> Judgement:
        minutes = self._minutes(longest) or 0.0
        limit = f"at most {long(MINUTE * self.met_minutes)}"
        if self.partly_minutes is not None:
            limit += f", partly by at most {long(MINUTE * self.partly_minutes)}"
        whole = self._sentence(context, longest)
        by_length = sorted(waits, key=lambda wait: (wait is not longest, -(self._minutes(wait) or 0.0)))
        evidence: list[Evidence] = []
        for wait in by_length[: MOST_EVIDENCE // 2]:
            said = f"{whole} (met by {limit})." if wait is longest else f"{self._sentence(context, wait)}."
            evidence.append(self._message(context, wait.asked, said))
            if wait.answered is not None:
                evidence.append(self._message(context, wait.answered, "The agent's answer."))
        place = Place(longest.asked, 0) if verdict is Verdict.MET else None
        return Judgement(verdict, 1.0, tuple(evidence[:MOST_EVIDENCE]), place=place, number=round(minutes, 2))

    def _sentence(self, context: Context, wait: Wait) -> str:
        minutes, around = self._minutes(wait) or 0.0, (wait.seconds or 0.0) / MINUTE
        within = ""
        if self.clock == "working" and context.transcript.hours:
            within = f" of working time ({context.transcript.hours}; {long(MINUTE * around)} around the clock)"
        if wait.answered is None:
            return f"The customer had waited {long(MINUTE * minutes)}{within} when the file ends, without an answer"
        return f"The customer waited {long(MINUTE * minutes)}{within} for an answer"

    def _message(self, context: Context, turn: int, why: str) -> Evidence:
        return Evidence(why, turn, quote=_beginning(context.transcript.turns[turn].text))


MOST_LETTERS = 120
"""Of a message that is quoted to show where a wait began or ended."""


def _beginning(text: str) -> str:
    """The first letters of a message, up to the end of a word or a line."""
    line = text.split("\n", 1)[0]
    return line if len(line) <= MOST_LETTERS else line[:MOST_LETTERS].rsplit(" ", 1)[0]
