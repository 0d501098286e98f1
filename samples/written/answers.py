"""What do the customers of the sample calls say when they are asked how satisfied they were?

What the agents did in their calls decides it, as far as `truth.yaml` says, and never what the machine makes of these calls;
so how far our scores go with the answers is found out, and not made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from random import Random
from statistics import NormalDist, fmean, pstdev

from samples.written.generate import GeneratedCall
from samples.written.truth import PlantedSatisfaction, planted_satisfaction

_SHARES = (0.10, 0.16, 0.20, 0.30, 0.24)
"""How many of those who answer give 1, 2, 3, 4 and 5: more are pleased than not."""


@dataclass(frozen=True)
class CustomerCase:
    """Everything that one customer was in touch about, as a customer system keeps it: under its number, with its calls, the
    first of which opened it, and what the customer answered once it was closed, 1 to 5 (None: nothing)."""

    number: str
    customer_number: str
    reason: str
    calls: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime
    answer: int | None


def customer_cases(calls: Sequence[GeneratedCall]) -> list[CustomerCase]:
    """The case of each customer, the first opened first. The same calls give the same answers, whenever they were."""
    truth = planted_satisfaction()
    by_customer: dict[str, list[GeneratedCall]] = {}
    for call in sorted(calls, key=lambda one: (one.started_at, one.transcript.call_id)):
        by_customer.setdefault(call.customer_number, []).append(call)
    did = {number: _did(own, truth) for number, own in by_customer.items()}
    middle, spread = fmean(did.values()), pstdev(did.values())
    return [
        _case(place, own, (did[number] - middle) / spread if spread else 0.0, truth)
        for place, (number, own) in enumerate(by_customer.items())
    ]


def _did(calls: Sequence[GeneratedCall], truth: PlantedSatisfaction) -> float:
    """The share of these behaviours that the agents showed, of those that applied; half where none did."""
    seen = [shown for call in calls for one in truth.behaviours if (shown := call.planted.get(one)) is not None]
    return fmean(seen) if seen else 0.5


def _case(place: int, calls: Sequence[GeneratedCall], did: float, truth: PlantedSatisfaction) -> CustomerCase:
    """did: how far above the usual the agents were, in standard deviations."""
    first, last = calls[0], calls[-1]
    random = Random(f"{first.customer_number}|satisfaction")
    felt = truth.goes_along * did + sqrt(1 - truth.goes_along**2) * random.gauss(0, 1)
    answered = random.random() < truth.answers
    return CustomerCase(
        number=f"{31_000 + place:08}",
        customer_number=first.customer_number,
        reason=first.reason,
        calls=tuple(call.transcript.call_id for call in calls),
        opened_at=first.started_at,
        closed_at=last.started_at + timedelta(hours=3),
        answer=_answer(NormalDist().cdf(felt)) if answered else None,
    )


def _answer(rank: float) -> int:
    """The answer of who is so far up among all, 0 to 1."""
    reached, answer = 0.0, 0
    for share in _SHARES:
        answer += 1
        reached += share
        if rank < reached:
            break
    return answer
