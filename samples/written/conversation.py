"""What is said in one call, given who calls, why, and which behaviours the agent shows?

First the situation is drawn (reason for calling, mood, whether something went wrong, whether there is a hold), then for
each behaviour that applies whether the agent shows it, then the lines, move by move. A behaviour that was not planted is
not said anywhere; in its place stands nothing, or something that looks like it and is not.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from samples.written.grammar import Voice, read_data, say
from samples.written.timing import Line, Manner
from transcripts.model import Speaker

_OPENS = re.compile(r"\b(what|what's|how|how's|which|tell me)\b", re.IGNORECASE)
_TIMES = re.compile(r" (on <day>|today|now|\(today\|tomorrow morning\)|within four hours)")
_HELP_QUESTION = re.compile(r"(?P<greeting>.+?), (?P<question>(?:how|what|which|who)\b[^?,]*\?)")
UPSET_MOODS = frozenset({"annoyed", "angry", "worried", "distressed"})
COMPLAINT_BY_MOOD = {"angry": 0.85, "annoyed": 0.65}
NO_BUDGET_NEEDED = frozenset({"disputes_debt", "wants_to_settle"})  # nobody asks for a budget in these
ALWAYS = (
    "greets_with_name",
    "announces_recording",
    "checks_identity",
    "identity_first",
    "reflects",
    "open_question",
    "lets_customer_finish",
    "avoids_dead_air",
    "says_next_steps",
    "asks_anything_else",
    "closes_politely",
    "no_overpromising",
)
IN_COMPLAINTS = (
    "apologises",
    "listens_before_apologising",
    "says_serious",
    "not_our_standard",
    "takes_ownership",
    "offers_choice",
    "promises_follow_up",
)
LONGEST = 34  # turns: what need not be said is left out as a call comes near it
SHORTEST = 14


@dataclass(frozen=True)
class Situation:
    """What a call is about and how it stands before anybody speaks. `subject` is an entry of `subjects.yaml`."""

    subject: Mapping[str, Any]
    mood: str
    complaint: bool
    hold: bool
    hour: int

    @property
    def upset(self) -> bool:
        """Whether the customer has a feeling that can be acknowledged."""
        return self.mood in UPSET_MOODS

    @property
    def collections(self) -> bool:
        """Whether a debt is being collected."""
        return bool(self.subject["team"] == "collections")

    @property
    def outbound(self) -> bool:
        """Whether the agent rang the customer."""
        return bool(self.subject.get("direction") == "outbound")


@dataclass(frozen=True)
class Written:
    """A conversation's lines with the truth about them.

    `planted` says of each behaviour whether the agent shows it (None: it did not apply); `wording` has the pattern of
    each behaviour that was put into words, and `shown_in` the index of its line.
    """

    lines: tuple[Line, ...]
    planted: Mapping[str, bool | None]
    wording: Mapping[str, str]
    shown_in: Mapping[str, int]


def draw_situation(team: str, hour: int, random: Random) -> Situation:
    """A reason for calling of that team, with a caller's mood that fits it."""
    subject = random.choice([subject for subject in read_data("subjects.yaml") if subject["team"] == team])
    moods = subject["moods"]
    mood = random.choices(list(moods), list(moods.values()))[0]
    chance = subject["complaint"]
    if team != "collections":  # there, being annoyed about a debt is no complaint about the company
        chance = max(chance, COMPLAINT_BY_MOOD.get(mood, 0.0))
    complaint = random.random() < chance and mood not in ("calm", "cheerful")
    return Situation(subject, mood, complaint, random.random() < 0.42, hour)


def plan_behaviours(situation: Situation, rate: Callable[[str], float], random: Random) -> dict[str, bool | None]:
    """For each behaviour whether the agent shows it in this call; None where it does not apply."""
    applies = _applicable(situation)
    planned = {behaviour: random.random() < rate(behaviour) if applies[behaviour] else None for behaviour in applies}
    if not planned["checks_identity"]:
        planned["identity_first"] = False  # the account is talked about in any case
    if planned["promises_follow_up"] and not planned["says_next_steps"]:
        planned["promises_follow_up"] = False  # "I'll ring you on Friday" would be a next step with a time
    if not planned["apologises"]:
        planned["listens_before_apologising"] = None
    return planned


def _applicable(situation: Situation) -> dict[str, bool]:
    budget = situation.collections and situation.subject["id"] not in NO_BUDGET_NEEDED
    return {
        **dict.fromkeys(ALWAYS, True),
        **dict.fromkeys(IN_COMPLAINTS, situation.complaint),
        "uses_name": not situation.outbound,  # whoever rings asks for the customer by name in any case
        "acknowledges_feeling": situation.upset,
        "explains_hold": situation.hold,
        "thanks_for_holding": situation.hold,
        "says_debt_purpose": situation.collections,
        "no_threats": situation.collections,
        "asks_affordability": budget,
        "points_to_advice": budget,
    }


def write_conversation(
    situation: Situation,
    planted: Mapping[str, bool | None],
    agent: Voice,
    style: str,
    slots: Mapping[str, str | Sequence[str]],
    random: Random,
) -> Written:
    """The lines of the call. Whether the customer ends well is drawn from what they met with, and added to the truth."""
    return _Writer(situation, planted, agent, style, slots, random).write()


class _Writer:
    """Writes one call from its opening to its end; each of the first methods is a move."""

    def __init__(
        self,
        situation: Situation,
        planted: Mapping[str, bool | None],
        agent: Voice,
        style: str,
        slots: Mapping[str, str | Sequence[str]],
        random: Random,
    ) -> None:
        self._now = situation
        self._planted = dict(planted)
        self._agent = agent
        self._style = style
        self._random = random
        self._words = read_data("wording.yaml")
        self._lines: list[Line] = []
        self._wording: dict[str, str] = {}
        self._shown_in: dict[str, int] = {}
        self._waiting: dict[str, str] = {}  # shown by what is said next
        self._details = random.sample(situation.subject["detail"], len(situation.subject["detail"]))
        self._cuts_left = 0 if planted["lets_customer_finish"] else random.randint(3, 5)
        self._brief = random.random() < 0.3  # people of few words: what need not be answered is not
        self._recording_later = situation.outbound or random.random() < 0.25
        self._case = random.randrange(len(situation.subject["problem"]))
        self._ends_well = random.random() < self._chance_of_a_good_end()
        self._planted["customer_ends_well"] = self._ends_well
        self._slots = self._fill(slots)

    def write(self) -> Written:
        """All moves in order; which order the middle takes differs from call to call."""
        if self._now.outbound:
            self._open_outbound()
        else:
            self._open()
        self._problem()
        self._meet_the_feeling()
        if not self._now.outbound:
            self._check_who_calls()
            self._state_the_purpose()
        self._find_out()
        if self._now.complaint:
            self._make_amends()
        if self._planted["asks_affordability"] is not None:
            self._budget()
        self._remedy()
        if self._planted["no_threats"] is not None:
            self._threat_or_fair_word()
        self._promise()
        self._say_what_comes_next()
        self._close()
        return Written(tuple(self._lines), self._planted, self._wording, self._shown_in)

    @property
    def _checks_late(self) -> bool:
        """Whether identity is checked only after the account has been talked about."""
        return bool(self._planted["checks_identity"]) and not self._planted["identity_first"]

    # ---- opening

    def _open(self) -> None:
        greeting, question = _split_question(self._shown("greets_with_name"))
        self._says(greeting)
        if not self._recording_later:
            self._says(self._shown("announces_recording"))
        self._says(question)

    def _open_outbound(self) -> None:
        """On a call that the agent makes, the announcement, the checks and the purpose come before the matter."""
        self._says(self._shown("greets_with_name", words="greets_outbound"))
        asks = self._agent_says(self._now.subject["reason"])
        self._says(asks if self._now.collections else f"{_ended(asks)} Is that {self._slots['customer_full']}?")
        self._customer(self._reply("after_outbound_greeting"))
        self._recording_on_its_own()
        self._check_who_calls()
        self._state_the_purpose()
        if self._now.collections:
            self._account_facts(answered=False)
        else:
            self._says(self._agent_says(self._words["outbound_prompt"]))

    def _recording_on_its_own(self) -> None:
        if self._says(self._shown("announces_recording")) and self._planted["announces_recording"]:
            self._customer_may(self._reply("after_recording"))

    def _check_who_calls(self) -> None:
        if self._checks_late:
            return
        if self._planted["checks_identity"]:
            self._check_identity()
            return
        instead = self._random.choice(self._words["ask_identity"]["instead"])
        if instead["ask"] and not self._now.outbound:
            self._says(instead["ask"])
            self._customer(self._say(instead["say"]))

    def _check_identity(self) -> None:
        items = self._words["identity_items"]
        one, two = self._random.sample(sorted(items), 2)
        slots = {**self._slots, "item_one": items[one]["ask"], "item_two": items[two]["ask"]}
        asked = self._agent.choose(self._words["ask_identity"]["yes"], self._random, slots)
        self._says(self._with_name(asked.text), shows="checks_identity", wording=asked.pattern)
        first, second = (self._answer(items[item]["say"]) for item in (one, two))
        if self._random.random() < 0.75:
            start = self._random.choice(["", "Yes, ", "Er, ", "Okay, ", "Sure, "])
            self._customer(f"{start}{first}, {self._random.choice(['and ', '', 'and then '])}{second}.")
        else:
            self._customer(f"{first}.")
            self._says(self._random.choice(self._words["ask_identity"]["second"]))
            self._customer(f"{second}.")

    def _state_the_purpose(self) -> None:
        if self._now.collections:
            self._says(self._opened(self._shown("says_debt_purpose")))
            self._customer_may(self._reply("after_purpose"))

    # ---- the matter

    def _problem(self) -> None:
        if self._planted["listens_before_apologising"] is False:
            if not self._now.outbound:
                self._customer(self._reply("first_word_of_a_complaint"))
            self._says(self._agent_says(self._words["early_apology"]))
        told = self._now.subject["problem"][self._case]
        if not self._now.outbound:
            opening = self._random.choice(self._words["customer_opening"][self._now.mood])
            told = opening + self._random.choice(self._words["customer_names_self"]) + told
        told = self._say(told)
        feeling = self._say(self._random.choice(self._words["feelings"][self._now.mood])) if self._now.upset else ""
        at_once = self._random.random() < 0.6
        if self._now.complaint and self._random.random() < 0.75:
            feeling = f"{feeling} {self._reply('complains')}".strip()
        self._customer(told + self._detail(0.5) + (f" {feeling}" if at_once else ""))
        if self._recording_later and not self._now.outbound:
            self._recording_on_its_own()
        if feeling and not at_once:
            self._says(self._random.choice(self._words["backchannel"]))
            self._customer(feeling + self._detail(0.8))

    def _meet_the_feeling(self) -> None:
        """What the agent says to a feeling; where there is none, they take up the matter in words that look alike."""
        if self._now.upset:
            self._says(self._opened(self._shown("acknowledges_feeling"), 0.4))
            shown = self._planted["acknowledges_feeling"]
            self._customer(self._reply("after_acknowledgement" if shown else "after_no_acknowledgement"))
        elif self._random.random() < 0.5:
            self._says(self._agent_says(self._words["takes_up_matter"]))
            self._customer_may(self._reply("after_want"))

    def _find_out(self) -> None:
        moves: list[Callable[[], None]] = [self._questions, self._reflection]
        if self._random.random() < 0.35:
            moves.reverse()
        if not (self._now.outbound and self._now.collections):  # there they came first
            moves.insert(self._random.choice([0, 2, 2]), self._account_facts)
        for move in moves:
            move()
        if self._checks_late:
            self._check_identity()
        self._small_matters()
        if not self._planted["avoids_dead_air"]:
            self._dead_air()
        if self._now.hold:
            self._hold()
        self._says(self._opened(self._agent_says(self._now.subject["explain"])))
        self._customer_may(self._reply("after_explanation"))

    def _questions(self) -> None:
        subject, random = self._now.subject, self._random
        if self._planted["open_question"]:
            own = random.random() < 0.45
            asked = self._agent.choose(subject["open"] if own else self._words["open_question"]["yes"], random, self._slots)
            self._says(self._opened(asked.text), shows="open_question", wording=asked.pattern)
            answers = self._words["open_question"]["answer"]
            answer = subject["answer"][subject["open"].index(asked.pattern)] if own else random.choice(answers)
            self._customer(self._say(answer) + self._detail(0.4))
        fewest = 0 if self._planted["open_question"] else 1
        for question, answer in random.sample(subject["closed"], fewest if self._brief else random.choice([1, 1, 2])):
            self._says(self._opened(self._say(question)))
            self._customer(self._say(answer) + self._detail(0.25))
        if not self._planted["open_question"] or random.random() < 0.2:
            pair = random.choice(self._words["closed_question"])
            self._says(self._say(pair["ask"]))
            self._customer(self._say(pair["say"]))

    def _reflection(self) -> None:
        said = self._shown("reflects")
        if self._planted["reflects"]:
            self._says(self._with_name(said))
            self._customer(self._reply("after_reflection"))
        elif self._random.random() < 0.75:
            self._says(said)
            self._customer(self._reply("after_no_reflection"))

    def _account_facts(self, answered: bool = True) -> None:
        pause = None
        if self._random.random() < 0.5:
            self._says(self._agent_says(self._words["lookup"]))
            pause = self._random.uniform(1.5, 5.0)
        self._says(self._opened(self._with_name(self._agent_says(self._now.subject["account"]))), before=pause)
        if answered:
            self._customer_may(self._reply("after_account"), self._detail(0.3))

    def _small_matters(self) -> None:
        for about, chance in (("small_talk", 0.22), ("repeat", 0.14)):
            if self._random.random() < chance and len(self._lines) < LONGEST - 14:
                self._exchange(about)

    def _exchange(self, about: str) -> None:
        said = self._words[about]
        index = self._random.randrange(len(said["customer"]))
        self._says(self._say(said["agent"][index]))
        self._customer(self._say(said["customer"][index]))

    def _dead_air(self) -> None:
        """The agent types and says nothing, without having said why."""
        said = self._words["dead_air"]
        self._says(self._agent_says(said["before"]))
        silence = self._random.uniform(14.0, 32.0)
        if self._random.random() < 0.55:
            self._customer(self._reply("after_dead_air"), before=silence)
            self._says(self._agent_says(said["answer"]))
        else:
            self._says(self._agent_says(said["after"]), before=silence)

    def _hold(self) -> None:
        said = self._shown("explains_hold")
        explained = self._planted["explains_hold"]
        if self._says(self._with_name(said) if explained else said):
            self._customer(self._reply("after_hold_request" if explained else "after_hold_unexplained"))
        self._says(self._with_name(self._shown("thanks_for_holding")), before=self._random.uniform(32.0, 95.0))
        if self._random.random() < 0.5:
            self._customer_may(self._reply("after_return"))

    # ---- putting it right

    def _make_amends(self) -> None:
        """An apology where there is one, and with it, in one breath or two, what else the agent has to say about it."""
        said = [behaviour for behaviour in ("says_serious", "not_our_standard") if self._planted[behaviour]]
        self._random.shuffle(said)
        reply = "after_apology" if self._planted["apologises"] else "after_no_apology"
        spoken = self._says(self._with_name(self._shown("apologises")))
        if spoken and len(said) == 2 and self._random.random() < 0.5:
            self._customer(self._reply(reply))
        for behaviour in said:
            self._says(self._shown(behaviour))
        if spoken or said:
            self._customer(self._reply(reply))
        if self._says(self._shown("takes_ownership")):
            owns = self._planted["takes_ownership"]
            self._customer(self._reply("after_ownership" if owns else "after_no_ownership"))

    def _budget(self) -> None:
        self._says(
            self._with_name(self._shown("asks_affordability", unless=None if self._planted["open_question"] else _OPENS))
        )
        self._customer(self._say(self._random.choice(self._words["asks_affordability"]["answer"])))
        if self._planted["points_to_advice"]:
            self._says(self._opened(self._shown("points_to_advice"), 0.5))
            self._customer_may(self._reply("after_advice"))

    def _remedy(self) -> None:
        words = self._words["offers_choice"]
        choice = self._planted["offers_choice"] if self._now.complaint else self._random.random() < 0.45
        patterns = words["yes" if choice else "no"]
        said = self._shown("offers_choice") if self._now.complaint else self._agent_says(patterns)
        self._says(self._opened(self._with_name(said)))
        self._customer(self._say(self._random.choice(words["pick" if choice else "take_it"])))

    def _threat_or_fair_word(self) -> None:
        words = self._words["no_threats"]
        if self._planted["no_threats"]:
            if self._says(self._agent_says(words["fair"])):
                self._customer_may(self._reply("after_fair_word"))
            return
        threat = self._agent.choose(words["threat"], self._random, self._slots)
        self._says(self._opened(threat.text), shows="no_threats", wording=threat.pattern)
        self._customer(self._reply("after_threat"))
        self._says(self._agent_says(self._words["after_own_threat"]))

    def _promise(self) -> None:
        words = self._words["no_overpromising"]
        if self._planted["no_overpromising"]:
            if self._says(self._agent_says(words["careful"])):
                self._customer_may(self._reply("after_careful"))
            return
        promise = self._agent.choose(words["broken"], self._random, self._slots)
        self._says(self._opened(promise.text, 0.5), shows="no_overpromising", wording=promise.pattern)
        self._customer(self._reply("after_overpromise"))

    # ---- the end

    def _say_what_comes_next(self) -> None:
        self._says(self._opened(self._shown("says_next_steps"), 0.5))
        follows_up = bool(self._planted["promises_follow_up"])
        together = self._random.random() < 0.5
        if follows_up and together:
            self._says(self._shown("promises_follow_up"))
        told = self._planted["says_next_steps"]
        content = "after_next_steps" if self._ends_well else "after_next_steps_unmoved"
        self._customer(self._reply(content if told else "after_no_next_steps"))
        if follows_up and not together:
            self._says(self._shown("promises_follow_up"))
            if self._ends_well:
                self._customer_may(self._reply("after_follow_up"))

    def _close(self) -> None:
        while len(self._lines) < SHORTEST - 2:
            self._exchange("small_talk")
        asked = self._says(self._shown("asks_anything_else")) and self._planted["asks_anything_else"]
        if asked and (self._ends_well or not self._now.upset):
            self._customer(self._reply("no_more"))
        if self._planted["uses_name"] and "uses_name" not in self._shown_in:
            self._says(self._agent_says(self._words["name_at_the_end"]))
        ends = "ends_well" if self._ends_well else "ends_badly" if self._now.upset else "ends_flat"
        self._customer(self._reply(ends))
        self._says(self._shown("closes_politely"))

    def _chance_of_a_good_end(self) -> float:
        """Who was heard, and knows what comes next, is likely to leave content; nobody does after a threat."""
        if self._planted["no_threats"] is False:
            return 0.05
        if not self._now.upset:
            return 0.88
        helps = (
            "acknowledges_feeling",
            "apologises",
            "offers_choice",
            "lets_customer_finish",
            "says_next_steps",
            "reflects",
        )
        met = [bool(self._planted[behaviour]) for behaviour in helps if self._planted[behaviour] is not None]
        return 0.05 + 0.9 * math.pow(sum(met) / len(met), 1.5)

    # ---- saying things

    def _says(self, text: str, *, before: float | None = None, shows: str | None = None, wording: str = "") -> bool:
        """The agent speaks; what follows on without a gap stays one turn. Whether anything was said."""
        text = _ended(text)
        if not text:
            return False
        last = self._lines[-1] if self._lines else None
        goes_on = last is not None and last.speaker is Speaker.AGENT and last.manner is Manner.AFTER and before is None
        if last is not None and goes_on:
            self._lines[-1] = replace(last, text=f"{last.text} {text}")
        else:
            self._lines.append(Line(Speaker.AGENT, text, before))
        if shows is not None:
            self._waiting[shows] = wording
        if self._planted["uses_name"] and str(self._slots["customer_call"]) in text:
            self._waiting["uses_name"] = ""
        for behaviour, pattern in self._waiting.items():
            self._wording.setdefault(behaviour, pattern)
            self._shown_in.setdefault(behaviour, len(self._lines) - 1)
        self._waiting.clear()
        return True

    def _customer(self, text: str, before: float | None = None) -> None:
        """The customer speaks; a hasty agent cuts in, and one who listens may murmur under a long story."""
        text = self._hesitating(_ended(text))
        text = text[:1].upper() + text[1:]
        words = text.split()
        if self._cuts_left and len(words) >= 8 and len(self._lines) < LONGEST - 15:
            self._cuts_left -= 1
            self._cut_in(words, before)
            return
        last = self._lines[-1]
        if last.speaker is Speaker.CUSTOMER and before is None:
            self._lines[-1] = replace(last, text=f"{last.text} {text}")
        else:
            self._lines.append(Line(Speaker.CUSTOMER, text, before))
        if len(words) > 24 and len(self._lines) < LONGEST // 2 and self._random.random() < 0.3:
            murmur = self._random.choice(self._words["backchannel"])
            self._lines.append(Line(Speaker.AGENT, murmur, manner=Manner.UNDER))

    def _customer_may(self, text: str, more: str = "") -> None:
        """Something that need not be said: without it the agent goes on, and the call is shorter."""
        chance = 0.35 if self._brief else 0.85
        if len(self._lines) > LONGEST // 2:
            chance *= (LONGEST - 8 - len(self._lines)) / LONGEST
        if self._random.random() < chance:
            self._customer(text + more)

    def _cut_in(self, words: Sequence[str], before: float | None) -> None:
        kept = self._random.randint(max(5, len(words) // 2), len(words) - 2)
        broken_off = " ".join(words[:kept]).rstrip(".,?") + self._random.choice(["", "..."])
        said = self._words["lets_customer_finish"]
        over = self._agent.choose(said["cut_in"], self._random, self._slots)
        self._lines.append(Line(Speaker.CUSTOMER, broken_off, before))
        self._lines.append(Line(Speaker.AGENT, over.text, manner=Manner.CUTS_IN))
        self._wording.setdefault("lets_customer_finish", over.pattern)
        self._shown_in.setdefault("lets_customer_finish", len(self._lines) - 1)
        self._lines.append(Line(Speaker.CUSTOMER, _ended(self._say(self._random.choice(said["resume"])))))

    def _shown(self, behaviour: str, words: str = "", unless: re.Pattern[str] | None = None) -> str:
        """How the agent shows the behaviour, or what is said in its place; the next thing said carries its mark.

        Patterns that `unless` finds are left out: they would show another behaviour too.
        """
        shows = bool(self._planted[behaviour])
        patterns = self._words[words or behaviour]["yes" if shows else "no"]
        fitting = [pattern for pattern in patterns if not (unless and unless.search(pattern or ""))]
        chosen = self._agent.choose(fitting, self._random, self._slots)
        if shows:
            self._waiting[behaviour] = chosen.pattern
        return _ended(chosen.text)

    def _agent_says(self, patterns: Sequence[str | None]) -> str:
        return _ended(self._agent.choose(patterns, self._random, self._slots).text)

    def _reply(self, name: str) -> str:
        return self._say(self._random.choice(self._words[name]))

    def _say(self, pattern: str) -> str:
        return say(pattern, self._random, self._slots)

    def _answer(self, patterns: Sequence[str]) -> str:
        """A short answer as it stands inside a sentence: a small letter where its pattern has one."""
        pattern = self._random.choice(patterns)
        text = self._say(pattern)
        return text if pattern[0] == "<" else _lowered(text)

    def _detail(self, chance: float) -> str:
        """Now and then another thing that the customer has to tell, each once."""
        if not self._details or self._random.random() > chance:
            return ""
        return f" {self._say(self._details.pop())}"

    def _opened(self, text: str, chance: float = 1.0) -> str:
        """With one of the agent's habitual small words in front, or without."""
        if not text or self._random.random() > chance:
            return text
        opener = self._random.choice(self._words["style_openers"][self._style])
        name = str(self._slots["customer_call"])
        joined = opener.endswith(", ") and not (name and text.startswith(name))
        return f"{opener}{_lowered(text) if joined else text}"

    def _with_name(self, text: str) -> str:
        """Where the agent uses the customer's name: now and then in front of what is said."""
        if not self._planted["uses_name"] or not text or self._random.random() > 0.22:
            return text
        prefix = self._say(self._random.choice(self._words["uses_name_prefix"]))
        return f"{prefix} {text}" if prefix.endswith(".") else f"{prefix} {_lowered(text)}"

    def _hesitating(self, text: str) -> str:
        roll = self._random.random()
        words = text.split()
        if roll < 0.05:
            return f"{self._random.choice(['Um', 'Er', 'Well', 'Uh'])}, {_lowered(text)}"
        if roll < 0.08 and len(words) > 6:
            at = self._random.randrange(1, len(words) - 2)
            if words[at].isalpha():
                words[at] = f"{words[at]}, {words[at].lower() if words[at] != 'I' else 'I'}"
        return " ".join(words)

    def _fill(self, given: Mapping[str, str | Sequence[str]]) -> dict[str, str | Sequence[str]]:
        """Every slot of this call. The facts of the matter are drawn once, so that both sides speak of the same."""
        subject, random = self._now.subject, self._random
        named = self._words["feeling_words"].get(self._now.mood, {"feeling": [""], "felt": [""]})
        slots = {**given, "hold_reason": self._words["explains_hold"]["reason"]}
        slots |= {name: random.choice(words) for name, words in named.items()}
        if not self._planted["uses_name"]:
            slots["customer_call"] = ""
        options = random.choice(subject["options"])
        option_a, option_b = random.sample(options, 2)
        if not self._planted["says_next_steps"]:  # a remedy with a day would be a next step
            option_a, option_b = _TIMES.sub("", option_a), _TIMES.sub("", option_b)
        facts = {"option_a": option_a, "option_b": option_b}
        facts |= {"gist": subject["gist"][self._case], "want": subject["want"][self._case]}
        facts["next"] = random.choice(subject["next"])
        return slots | {name: _lowered(say(pattern, random, slots)) for name, pattern in facts.items()}


def _ended(text: str) -> str:
    """With a full stop where nothing ends it."""
    text = text.strip()
    return text if not text or text[-1] in ".?!" else text.rstrip(",") + "."


def _split_question(greeting: str) -> tuple[str, str]:
    """A greeting and the "how can I help?" at its end, between which there is room for the announcement."""
    found = _HELP_QUESTION.fullmatch(greeting)
    if found is None:
        return greeting, ""
    return _ended(found["greeting"]), found["question"][:1].upper() + found["question"][1:]


def _lowered(text: str) -> str:
    """As it stands inside a sentence: a small first letter, unless it is a name or an I."""
    first = text.split(" ", 1)[0]
    stays = first in ("I", "I'm", "I'll", "I've", "I'd") or text.startswith("<")
    return text if stays else text[:1].lower() + text[1:]
