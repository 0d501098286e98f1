"""Who spoke how much, who waited, and who cut in?

Everything here is read from the times of the words; nothing is guessed. Where a thing cannot be measured it is None: a
written conversation has no silence, and sides that were not told apart have no talk share.

Definitions follow conversation analysis and the field's speech analytics, and say so where they do:

- A *stretch* is one side's speech without a pause of half a second. Times inside a turn come from its words.
- *Silence* is time in which nobody speaks, between the first word and the last; music and ringing are silence. The
  longest is measured over all, and once more with the holds taken out. The total counts stretches of three seconds and
  more, which speech analytics calls non-talk time (Amazon's Contact Lens draws that line at three seconds, Google's
  Contact Center AI at five). Shorter ones are the ordinary rhythm of taking turns.
- An *interruption* is an overlap after which the other side gives way. Most overlaps in good conversation are neither:
  people come in a little early at the end of a turn, for under 0.3 s on average (Levinson and Torreira, "Timing in
  turn-taking and its implications for processing models of language", Frontiers in Psychology 2015), and listeners say
  "mm-hm" without wanting the floor (Yngve, "On getting a word in edgewise", 1970, who named it the back channel).
- A *response gap* is the time from the end of one side's turn to the start of the other's; 0 where they overlap.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from scoring.signals.holds import find_holds, outside
from scoring.signals.model import Interruption, Silence
from scoring.signals.sentences import split_text
from transcripts.model import Sides, Span, Speaker, Transcript, Turn, merge_spans

PAUSE_SECONDS = 0.5  # a pause inside speech; longer ones end a stretch. Word times are good to about 0.2 s.
NOTICED_SECONDS = 1.0  # listed from here on; Jefferson (1989) found conversation to bear about a second of silence
SILENCE_SECONDS = 3.0  # see above: what counts towards the total of silence
OVERLAP_SECONDS = 0.3  # shorter overlaps are early starts, and within the error of two clocks read from sound
HELD_SECONDS = 0.5  # who had only just begun is not interrupted: both started at once
GIVE_WAY_SECONDS = 2.0  # who speaks on for longer under the other's voice has finished, not given way
PLACES = 4

_BACKCHANNELS = (
    "mm mmm mhm mmhm mm-hm mm-hmm hm hmm uh-huh uhuh huh uh um er erm ah aha oh ooh yeah yep yup yes no nope ok okay "
    "right sure alright exactly absolutely true see"
)
BACKCHANNELS = frozenset(_BACKCHANNELS.split())
_BACKCHANNEL_PHRASES = frozenset(
    {"i see", "all right", "got it", "of course", "go on", "oh dear", "oh no", "i know", "thank you"}
)
_LONGEST_BACKCHANNEL = 3  # words: "yeah, yeah, okay"
_OPENERS = (
    "what what's when where which who whose why how do does did can could would will shall should is are am was were "
    "have has may might"
)
QUESTION_OPENERS = frozenset(_OPENERS.split())
_SPOKEN_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

MEASURES: Mapping[str, str] = {
    "agent_talk_share": "The agent's share of all speaking time, 0 to 1.",
    "customer_talk_share": "The customer's share of all speaking time, 0 to 1.",
    "longest_silence_seconds": "The longest stretch in which nobody spoke, hold time included, in seconds.",
    "total_silence_seconds": "All stretches of 3 seconds and more in which nobody spoke, holds included, in seconds.",
    "silence_share": "The share of the call that lies in silences of 3 seconds and more, 0 to 1.",
    "longest_silence_outside_holds_seconds": "The longest stretch outside of holds in which nobody spoke, in seconds.",
    "hold_seconds": "The time on hold altogether, in seconds.",
    "longest_hold_seconds": "The longest hold, in seconds.",
    "holds": "How many times the call was put on hold.",
    "agent_interruptions": "How many times the agent cut in and the customer gave way.",
    "customer_interruptions": "How many times the customer cut in and the agent gave way.",
    "agent_words_per_minute": "The agent's pace over the time the agent spoke, in words a minute.",
    "customer_words_per_minute": "The customer's pace over the time the customer spoke, in words a minute.",
    "longest_agent_monologue_seconds": "The agent's longest speech, broken by no more than an mm-hm, in seconds.",
    "longest_customer_monologue_seconds": "The customer's longest speech, broken by no more than an mm-hm, in seconds.",
    "agent_median_response_gap_seconds": "How long the agent usually took to answer the customer, the median in seconds.",
    "customer_median_response_gap_seconds": "How long the customer usually took to answer the agent, the median in seconds.",
    "longest_agent_response_gap_seconds": "The longest that the customer waited for the agent's answer, in seconds.",
    "longest_customer_response_gap_seconds": "The longest that the agent waited for the customer's answer, in seconds.",
    "duration_seconds": "The length of the call, in seconds.",
    "agent_turns": "How many turns the agent took.",
    "customer_turns": "How many turns the customer took.",
    "agent_words": "How many words the agent said.",
    "customer_words": "How many words the customer said.",
    "agent_word_share": "The agent's share of all words, 0 to 1; it is known for written conversations too.",
    "agent_questions": "How many questions the agent asked.",
    "customer_questions": "How many questions the customer asked.",
}


@dataclass(frozen=True)
class Timing:
    """What was measured: numbers by name (see MEASURES), silences of a second and more from the longest down, and
    interruptions in order."""

    measures: Mapping[str, float | None]
    silences: tuple[Silence, ...]
    interruptions: tuple[Interruption, ...]


@dataclass(frozen=True)
class Stretch:
    """One side's speech without a pause; `turn` is the index of the turn it belongs to."""

    speaker: Speaker
    span: Span
    text: str
    turn: int


def measure_timing(transcript: Transcript) -> Timing:
    """Measure a conversation. Numbers are rounded to four places, so that stored and recomputed ones are equal."""
    stretches = _stretches(transcript) if transcript.timed else []
    silences = _silences(stretches)
    interruptions = _interruptions(stretches) if transcript.sides is not Sides.UNKNOWN else []
    measures: dict[str, float | None] = dict.fromkeys(MEASURES)
    measures |= _silence_measures(transcript, silences, find_holds(transcript, silences))
    if transcript.sides is not Sides.UNKNOWN:
        measures |= _count_measures(transcript)
        if transcript.timed:
            measures |= _side_measures(transcript, stretches, interruptions)
    rounded = {name: None if value is None else round(float(value), PLACES) for name, value in measures.items()}
    noticed = [silence for silence in silences if silence.span.duration >= NOTICED_SECONDS]
    longest_first = sorted(noticed, key=lambda silence: (-silence.span.duration, silence.span.start))
    return Timing(rounded, tuple(longest_first), tuple(interruptions))


def holds_of(transcript: Transcript) -> list[Span]:
    """The stretches in which the call was on hold, in order (see holds.py)."""
    return find_holds(transcript, _silences(_stretches(transcript))) if transcript.timed else []


def dead_air_of(transcript: Transcript) -> list[Span]:
    """The stretches outside of holds in which nobody spoke, the longest first."""
    silences = _silences(_stretches(transcript)) if transcript.timed else []
    return _dead_air(silences, find_holds(transcript, silences))


def talk_over_of(transcript: Transcript) -> list[Span]:
    """The stretches of 0.3 s and more in which agent and customer spoke at once, in order; who gave way is not asked.

    Empty where the sides were not told apart.
    """
    if not transcript.timed or transcript.sides is Sides.UNKNOWN:
        return []
    stretches = _stretches(transcript)
    agent, customer = (
        merge_spans(stretch.span for stretch in stretches if stretch.speaker is side)
        for side in (Speaker.AGENT, Speaker.CUSTOMER)
    )
    found, first = [], 0
    for span in agent:
        # Both lists are in order, so what ended before this span began is never looked at again.
        while first < len(customer) and customer[first].end <= span.start:
            first += 1
        for other in customer[first:]:
            if other.start >= span.end:
                break
            if (span & other).duration >= OVERLAP_SECONDS:
                found.append(span & other)
    return found


def _dead_air(silences: Sequence[Silence], holds: Sequence[Span]) -> list[Span]:
    parts = [part for silence in silences for part in outside(silence.span, holds)]
    return sorted(parts, key=lambda part: (-part.duration, part.start))


def is_backchannel(text: str) -> bool:
    """Whether the words only show listening ("mm-hm", "yeah, okay"), or are fewer than two: no bid for the floor."""
    words = _spoken_words(text)
    if len(words) < 2 or " ".join(words) in _BACKCHANNEL_PHRASES:
        return True
    return len(words) <= _LONGEST_BACKCHANNEL and all(word in BACKCHANNELS for word in words)


def count_words(text: str) -> int:
    """Words as spoken: "it's" and "mm-hm" are one, a dash by itself is none."""
    return len(_spoken_words(text))


def count_questions(text: str) -> int:
    """Sentences that ask: they end in a question mark, or, where the recogniser set no mark, open like a question."""
    return sum(_asks(text[piece.start : piece.end]) for piece in split_text(text))


def _asks(sentence: str) -> bool:
    if sentence.rstrip("\"') ").endswith("?"):
        return True
    words = _spoken_words(sentence)
    return len(words) > 2 and sentence[-1].isalnum() and words[0] in QUESTION_OPENERS


def _spoken_words(text: str) -> list[str]:
    return _SPOKEN_WORD.findall(text.lower())


def _stretches(transcript: Transcript) -> list[Stretch]:
    """Every side's speech in order of its start; a turn without word times is one stretch."""
    found = [stretch for index, turn in enumerate(transcript.turns) for stretch in _cut(index, turn)]
    return sorted(found, key=lambda stretch: (stretch.span.start, stretch.span.end, stretch.turn))


def _cut(index: int, turn: Turn) -> Iterator[Stretch]:
    if not turn.text.strip() or turn.span is None:
        return
    if not turn.words:
        yield Stretch(turn.speaker, turn.span, turn.text, index)
        return
    span, texts = None, []
    for word in sorted(turn.words, key=lambda word: word.start):
        here = Span(word.start, word.end)
        if span is not None and here.start - span.end > PAUSE_SECONDS:
            yield Stretch(turn.speaker, span, " ".join(texts), index)
            span, texts = None, []
        span = here if span is None else span | here
        texts.append(word.text.strip())
    if span is not None:
        yield Stretch(turn.speaker, span, " ".join(texts), index)


def _silences(stretches: Sequence[Stretch]) -> list[Silence]:
    """The time between the first word and the last in which nobody spoke, in order, whatever its length."""
    found: list[Silence] = []
    heard_until, last_turn = None, None
    for stretch in stretches:
        if heard_until is not None and stretch.span.start > heard_until:
            found.append(Silence(Span(heard_until, stretch.span.start), last_turn))
        if heard_until is None or stretch.span.end > heard_until:
            heard_until, last_turn = stretch.span.end, stretch.turn
    return found


def _silence_measures(transcript: Transcript, silences: Sequence[Silence], holds: Sequence[Span]) -> dict[str, float | None]:
    if not transcript.timed:
        return {}
    ends = [turn.end for turn in transcript.turns if turn.end is not None]
    duration = max(transcript.duration_seconds, max(ends, default=0.0))
    total = sum(silence.span.duration for silence in silences if silence.span.duration >= SILENCE_SECONDS)
    dead_air = _dead_air(silences, holds)
    return {
        "duration_seconds": duration,
        "longest_silence_seconds": max((silence.span.duration for silence in silences), default=0.0),
        "longest_silence_outside_holds_seconds": dead_air[0].duration if dead_air else 0.0,
        "hold_seconds": sum(hold.duration for hold in holds),
        "longest_hold_seconds": max((hold.duration for hold in holds), default=0.0),
        "holds": len(holds),
        "total_silence_seconds": total,
        "silence_share": total / duration if duration else None,
    }


def _interruptions(stretches: Sequence[Stretch]) -> list[Interruption]:
    """Whoever came in while the other was speaking, meant to speak, and got the floor; once a turn of the one cut off."""
    found: list[Interruption] = []
    seen: set[tuple[int, int]] = set()
    bids = [s for s in stretches if s.speaker is not Speaker.OTHER and not is_backchannel(s.text)]
    for bid in bids:
        for held in bids:
            over = bid.span & held.span
            if (
                held.speaker is not bid.speaker
                and held.span.start <= bid.span.start - HELD_SECONDS
                and OVERLAP_SECONDS <= over.duration <= GIVE_WAY_SECONDS
                and held.span.end <= bid.span.end
                and (bid.turn, held.turn) not in seen
            ):
                seen.add((bid.turn, held.turn))
                found.append(Interruption(bid.speaker, bid.turn, bid.span.start, round(over.duration, PLACES)))
    return found


def _count_measures(transcript: Transcript) -> dict[str, float | None]:
    agent, customer = transcript.by(Speaker.AGENT), transcript.by(Speaker.CUSTOMER)
    agent_words = sum(count_words(turn.text) for turn in agent)
    customer_words = sum(count_words(turn.text) for turn in customer)
    both = agent_words + customer_words
    return {
        "agent_turns": len(agent),
        "customer_turns": len(customer),
        "agent_words": agent_words,
        "customer_words": customer_words,
        "agent_word_share": agent_words / both if both else None,
        "agent_questions": sum(count_questions(turn.text) for turn in agent),
        "customer_questions": sum(count_questions(turn.text) for turn in customer),
    }


def _side_measures(
    transcript: Transcript, stretches: Sequence[Stretch], interruptions: Sequence[Interruption]
) -> dict[str, float | None]:
    """What needs both times and sides."""
    sides = (Speaker.AGENT, Speaker.CUSTOMER)
    spoken = {
        side: sum(span.duration for span in merge_spans((s.span for s in stretches if s.speaker is side), PAUSE_SECONDS))
        for side in sides
    }
    both = sum(spoken.values())
    gaps = _response_gaps(stretches)
    measures: dict[str, float | None] = {}
    for side in sides:
        words = sum(count_words(turn.text) for turn in transcript.by(side))
        measures[f"{side}_talk_share"] = spoken[side] / both if both else None
        measures[f"{side}_words_per_minute"] = 60 * words / spoken[side] if spoken[side] else None
        measures[f"{side}_interruptions"] = sum(interruption.by is side for interruption in interruptions)
        measures[f"longest_{side}_monologue_seconds"] = max(_monologues(stretches, side), default=0.0)
        measures[f"{side}_median_response_gap_seconds"] = median(gaps[side]) if gaps[side] else None
        measures[f"longest_{side}_response_gap_seconds"] = max(gaps[side], default=None)
    return measures


def _monologues(stretches: Iterable[Stretch], side: Speaker) -> Iterator[float]:
    """Seconds of each of a side's speeches: pauses belong to it; a silence, or another's words with a will, end it."""
    speech: Span | None = None
    for stretch in stretches:
        ends = stretch.speaker is not side and not is_backchannel(stretch.text)
        pauses = speech is not None and stretch.speaker is side and stretch.span.start - speech.end >= SILENCE_SECONDS
        if speech is not None and (ends or pauses):
            yield speech.duration
            speech = None
        if stretch.speaker is side:
            speech = stretch.span if speech is None else speech | stretch.span
    if speech is not None:
        yield speech.duration


def _response_gaps(stretches: Sequence[Stretch]) -> dict[Speaker, list[float]]:
    """For each side the seconds it took to answer the other. An mm-hm under the other's speech answers nothing."""
    gaps: dict[Speaker, list[float]] = {Speaker.AGENT: [], Speaker.CUSTOMER: []}
    before: Stretch | None = None
    for stretch in stretches:
        if before is not None and stretch.speaker is not before.speaker:
            if is_backchannel(stretch.text) and stretch.span.start < before.span.end:
                continue
            if stretch.speaker in gaps and before.speaker in gaps:
                gaps[stretch.speaker].append(max(0.0, stretch.span.start - before.span.end))
        if before is None or stretch.speaker is not before.speaker or stretch.span.end >= before.span.end:
            before = stretch
    return gaps
