"""What happened in a contact centre in thirteen weeks, all of it invented, and known to the last behaviour?

`generate_calls` gives the same calls for the same seed: transcripts as a recogniser would give them of two-channel
telephone calls, with who took them and when, and the truth of what was planted in each. The dates move with `until`; the
calls and their ids do not.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from samples.written.conversation import draw_situation, plan_behaviours, write_conversation
from samples.written.grammar import Voice, read_data
from samples.written.timing import Pace, time_lines
from samples.written.truth import PlantedAgent, Truth, planted_partner, planted_truth
from transcripts.model import Sides, Transcript

UNTIL = date(2026, 3, 30)  # a fixed Monday, so that without a date the calls are the same too
WORKING_DAYS = 5  # a week
FIRST_HOUR, LAST_HOUR = 8, 19

_PACES = {"warm": (148, 0.5), "brisk": (184, 0.28), "formal": (146, 0.6), "chatty": (172, 0.4), "plain": (160, 0.5)}


@dataclass(frozen=True)
class GeneratedCall:
    """A call of the sample centre.

    `planted` says of each behaviour whether the agent shows it; None where it did not apply. For those in words,
    `shown_in` is the index of the turn, `wording` the pattern it was made from (for no_threats, no_overpromising and
    lets_customer_finish: where it was broken). `reason` is what the call is about, `transfers` how often the
    telephone system counted it as passed on. `customer_number` is the company's number of the customer: one who is in
    touch again, about the same and within a week, has that of the earlier call, and the same name. `week` counts from 1.
    `started_at` is in UTC.
    """

    transcript: Transcript
    agent: str
    team: str
    customer: str
    customer_number: str
    started_at: datetime
    direction: str
    queue: str
    reason: str
    transfers: int
    scorecards: tuple[str, ...]
    week: int
    planted: Mapping[str, bool | None]
    shown_in: Mapping[str, int]
    wording: Mapping[str, str]


@dataclass(frozen=True)
class _Slot:
    """When an agent takes a call: the working day counts from 0 at the first of the thirteen weeks."""

    day: int
    hour: int
    minute: int


@dataclass(frozen=True)
class _Contact:
    """Who was in touch on which of the working days."""

    day: int
    number: str
    who: dict[str, str]


def generate_calls(seed: int = 7, count: int = 640, until: date = UNTIL, truth: Truth | None = None) -> list[GeneratedCall]:
    """The sample calls of the thirteen weeks before `until`, in the order in which they began; by another `truth` than that
    of the centre's own teams where one is given.

    The last call lies on the day before `until` at the latest, so that with today's date none lies in the future. The
    same seed and count give equal transcripts under equal ids whatever `until` is. Raises ValueError where `count` is
    too small to give every agent a call.
    """
    truth = truth or planted_truth()
    days = _working_days(until, truth.weeks)
    numbers = _calls_per_agent(truth, count)
    taken: list[tuple[_Slot, PlantedAgent, int]] = []
    for agent in truth.agents:
        slots = _slots(Random(f"{seed}|{agent.name}"), numbers[agent.name], len(days))
        taken += [(slot, agent, nth) for nth, slot in enumerate(slots)]
    taken.sort(key=lambda one: (one[0].day, one[0].hour, one[0].minute, one[1].name))
    calls: list[GeneratedCall] = []
    voices = {agent.name: Voice(agent.name, formal=agent.style == "formal") for agent in truth.agents}
    before: dict[str, list[_Contact]] = defaultdict(list)
    for slot, agent, nth in taken:
        calls.append(_one_call(seed, nth, agent, voices[agent.name], slot, days[slot.day], truth, before))
    return sorted(calls, key=lambda call: (call.started_at, call.transcript.call_id))


def generate_partner_calls(until: date = UNTIL) -> list[GeneratedCall]:
    """The calls of those weeks that a company took for the centre."""
    partner = planted_partner()
    return generate_calls(count=partner.calls, until=until, truth=partner.truth)


def _calls_per_agent(truth: Truth, count: int) -> dict[str, int]:
    """Fixed numbers first, the rest by share, rounded so that they add up."""
    fixed = sum(agent.calls or 0 for agent in truth.agents)
    shared = [agent for agent in truth.agents if agent.calls is None]
    left = count - fixed
    if left < len(shared):
        raise ValueError(f"{count} calls are too few for {len(truth.agents)} agents; at least {fixed + len(shared)}")
    weight = sum(agent.share for agent in shared)
    exact = {agent.name: left * agent.share / weight for agent in shared}
    numbers = {name: int(part) for name, part in exact.items()}
    by_remainder = sorted(exact, key=lambda name: numbers[name] - exact[name])
    for name in by_remainder[: left - sum(numbers.values())]:
        numbers[name] += 1
    return {agent.name: numbers[agent.name] if agent.calls is None else agent.calls for agent in truth.agents}


def _working_days(until: date, weeks: int) -> list[date]:
    """Mondays to Fridays of the weeks before `until`: five a week, whatever weekday it is."""
    first = until - timedelta(weeks=weeks)
    every = (first + timedelta(days=day) for day in range(7 * weeks))
    return [day for day in every if day.weekday() < WORKING_DAYS]


def _slots(random: Random, number: int, days: int) -> list[_Slot]:
    """When an agent's calls begin: spread over the days, no two of one agent in the same hour."""
    hours = range(FIRST_HOUR, LAST_HOUR + 1)
    spread = [int((nth + random.random()) * days / number) for nth in range(number)]
    taken: set[tuple[int, int]] = set()
    found = []
    for day in spread:
        hour = random.choice([hour for hour in hours if (day, hour) not in taken] or list(hours))
        taken.add((day, hour))
        found.append(_Slot(day, hour, random.randrange(60)))
    return found


def _one_call(
    seed: int,
    nth: int,
    agent: PlantedAgent,
    voice: Voice,
    slot: _Slot,
    day: date,
    truth: Truth,
    before: dict[str, list[_Contact]],
) -> GeneratedCall:
    """One call. before: who was in touch until then by what it was about; this contact is added to it."""
    key = f"{seed}|{agent.name}|{nth}"
    random = Random(key)
    team = truth.teams[agent.team]
    week = slot.day // WORKING_DAYS + 1
    situation = draw_situation(team.key, slot.hour, random)
    planned = plan_behaviours(situation, lambda behaviour: truth.rate(agent, behaviour, week), random)
    slots = _facts(agent, situation.subject["company"], situation.subject["queue"], slot.hour, random)
    contact = _whose(key, slot, truth.calls_again(situation.subject["title"]), slots, before[situation.subject["title"]])
    slots |= contact.who | {"customer_call": _called(agent, contact.who)}
    written = write_conversation(situation, planned, voice, agent.style, slots, random)
    speed, gap = _PACES[agent.style]
    pace = Pace(speed * random.uniform(0.95, 1.05), random.uniform(138, 182), gap)
    turns = time_lines(written.lines, pace, random)
    ends = max(turn.end for turn in turns if turn.end is not None)
    transcript = Transcript(
        call_id=hashlib.sha256(f"written sample call|{key}".encode()).hexdigest()[:16],
        turns=turns,
        duration_seconds=round(ends + random.uniform(0.3, 1.5), 2),
        channels=2,
        engine="none: written for the demonstration",
        sides=Sides.CHANNELS,
    )
    return GeneratedCall(
        transcript=transcript,
        agent=agent.name,
        team=team.name,
        customer=contact.who["customer_full"],
        customer_number=contact.number,
        started_at=datetime.combine(day, time(slot.hour, slot.minute), UTC),
        direction="outbound" if situation.outbound else "inbound",
        queue=situation.subject["queue"],
        reason=situation.subject["title"],
        transfers=int(Random(f"{key}|passed on").random() < truth.passes_on(situation.subject["title"])),
        scorecards=team.scorecards,
        week=week,
        planted=written.planted,
        shown_in=written.shown_in,
        wording=written.wording,
    )


_WHO = ("customer_first", "customer_full", "customer_title", "house", "street", "postcode", "password", "birth_month",
        "birth_year")  # fmt: skip


def _whose(
    key: str, slot: _Slot, again: float, slots: Mapping[str, str | Sequence[str]], before: list[_Contact]
) -> _Contact:
    """Who this call is of: by that chance somebody who was in touch in the week before and has not been since, else the one
    whose particulars were drawn. What is drawn here moves nothing else of the call."""
    random = Random(f"{key}|customer")
    earlier = [one for one in before if 0 < slot.day - one.day < WORKING_DAYS]
    if earlier and random.random() < again:
        was = random.choice(earlier)
        before.remove(was)
        now = _Contact(slot.day, was.number, was.who)
    else:
        number = f"{random.choice('ACHLN')}{random.randrange(100_000, 1_000_000)}"
        now = _Contact(slot.day, number, {name: str(slots[name]) for name in _WHO})
    before.append(now)
    return now


def _called(agent: PlantedAgent, who: Mapping[str, str]) -> str:
    """How this agent calls them."""
    return who["customer_title" if agent.style in ("formal", "plain") else "customer_first"]


def _facts(agent: PlantedAgent, company: str, queue: str, hour: int, random: Random) -> dict[str, str | Sequence[str]]:
    """Names, dates, sums and other particulars, drawn once a call so that both sides speak of the same ones."""
    people = read_data("people.yaml")
    first = random.choice(people["first_names"])
    last = random.choice(people["last_names"])
    title = f"{first['title']} {last}"
    sum_owed = random.randrange(60, 900)
    daytime = "morning" if hour < 12 else "afternoon" if hour < 17 else "evening"
    day, weekday = random.sample(people["weekdays"], 2)
    return {
        "agent": agent.name.split()[0],
        "agent_full": agent.name,
        "company": company,
        "queue": queue.lower(),
        "daytime": daytime,
        "restofday": "day" if daytime == "morning" else daytime if daytime == "evening" else "afternoon",
        "customer_first": first["name"],
        "customer_full": f"{first['name']} {last}",
        "customer_title": title,
        "house": str(random.randrange(2, 140)),
        "street": random.choice(people["streets"]),
        "postcode": random.choice(people["postcodes"]),
        "password": random.choice(people["passwords"]),
        "digits": str(random.randrange(100, 999)),
        "birth_month": random.choice(people["months"]),
        "birth_year": str(random.randrange(1940, 2003)),
        "creditor": random.choice(people["creditors"]),
        "plan": random.choice(people["plans"]),
        "tariff": random.choice(people["tariffs"]),
        "amount": f"£{sum_owed}.{random.randrange(100):02d}",
        "small_amount": f"£{random.randrange(8, 45)}",
        "plan_price": f"£{random.randrange(24, 58)}",
        "monthly": f"£{random.randrange(10, 60, 5)}",
        "small_monthly": f"£{random.randrange(1, 6)}",
        "reference": f"{random.choice('BDKMPRT')}{random.randrange(1000, 99999)}",
        "reading": str(random.randrange(10200, 89900)),
        "number": str(random.randrange(3, 19)),
        "year": str(random.randrange(2015, 2024)),
        "wait": str(random.randrange(15, 55, 5)),
        "days": random.choice(["three", "five", "seven", "ten", "14", "30"]),
        "weeks": random.choice(["two", "three", "four", "six"]),
        "duration": random.choice(["two weeks", "a fortnight", "nearly a month", "about ten days", "six weeks", "weeks"]),
        "month": random.choice(people["months"]),
        "ordinal": random.choice(people["days_of_the_month"]),
        "day": day,
        "weekday": weekday,
        "daypart": random.choice(["morning", "afternoon", "at lunchtime", "first thing"]),
        "window": random.choice(["eight and one", "twelve and four", "nine and eleven", "two and six"]),
        "clock": random.choice(["noon", "nine", "five o'clock", "half past six", "three o'clock"]),
        "evening": random.choice(["seven", "eight", "half past seven", "nine"]),
    }
