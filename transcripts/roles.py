"""Which of several voices, or of two channels, are the agent's and the customer's, judged by what each of them says?

Agents greet with a company's name, offer help, ask for the details of an account, put calls on hold and close with "anything
else"; customers say why they call and speak of their own order, bill or car. Each such phrase is a piece of evidence with a
weight in log-odds, chosen by hand from how contact centres open, handle and close calls. Where the agent's name is known,
who gives that name is the agent and who is greeted by it is not. English only: in another language only the opening counts,
and the confidence says so.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal


@dataclass(frozen=True)
class Cue:
    """Words that one role says more than the other. `weight` is in log-odds that whoever says them is the agent."""

    weight: float
    pattern: re.Pattern[str]


def _cues(weight: float, *patterns: str) -> list[Cue]:
    return [Cue(weight, re.compile(rf"\b(?:{pattern})", re.IGNORECASE)) for pattern in patterns]


CUES: tuple[Cue, ...] = (
    # The opening.
    *_cues(
        4.0,
        r"(?:thank you|thanks) for calling",
        r"(?:how|what) (?:can|may|could) (?:i|we) (?:help|assist|do for) you",
        r"(?:calls?|line)(?:'s|'re| is| are| may be| will be| might be) (?:being )?(?:recorded|monitored)|a recorded line",
        r"you(?:'re| are) (?:speaking|talking) (?:to|with)",
    ),
    *_cues(2.5, r"welcome to", r"(?:i'm|i am|this is) \w+(?: \w+)?,? (?:calling |here )?(?:from|with|at|on behalf of)\b"),
    # A name before it: a customer who is asked for says `yes, speaking`.
    *_cues(2.0, r"(?!(?:yes|yeah|yep|is|am|i'm|are|was|not|still|who|who's|you|you're|we|it's|keep) )\w+ speaking[,.]"),
    *_cues(2.0, r"you(?:'ve| have) (?:reached|come through to)|an attempt to collect"),
    *_cues(1.5, r"good (?:morning|afternoon|evening|day)\b", r"how are you (?:doing )?today", r"am i speaking (?:to|with)"),
    # Asking for details and checking them.
    *_cues(
        2.5,
        r"(?:can|could|may|might) i (?:please )?(?:have|get|take|ask for|confirm|verify|check) (?:your|the|some|a few)\b",
        r"(?:can|could|would|will) you (?:please )?(?:confirm|verify|provide|give|tell|spell) (?:me |us )?(?:with )?"
        r"(?:your|the|that|me)\b",
        r"for (?:security|verification|data protection)",
        r"what(?:'s| is| was) your (?:full |first |last |account |order |policy |reference |phone |email |post)?\w+",
        r"date of birth|last four (?:digits )?of",
    ),
    *_cues(
        1.0,
        r"your (?:full |first |last )?(?:name|postcode|post code|zip code)\b",
        r"(?:account|order|policy|booking|reference|tracking|claim) number\?",
        r"(?:you|he|she|they) (?:still )?owes?\b",
        r"(?:ask|tell) (?:him|her|them) to (?:call|ring|contact) us",
    ),
    # Handling.
    *_cues(
        2.0,
        r"(?:place|put) you on (?:a )?(?:brief |short )?hold",
        r"(?:bear|hold) with me|thank you for (?:holding|waiting|your patience|that information|providing|confirming)",
        r"let me (?:just |quickly |go ahead and )?(?:check|look|pull|see|verify|find|transfer|get that)",
        r"i(?:'ll| will| can| have|'ve)(?: just| now| go ahead and| gone ahead and)* (?:look(?:ed)? into|pull(?:ed)? up"
        r"|transfer|escalate|process|issue|schedule|book|send you|credit|refund|waive|arrange|open a (?:ticket|case))",
        r"i(?:'d| would) be (?:happy|glad) to|i(?:'m| am) (?:happy|glad) to help",
        r"(?:we|i) (?:do )?apologi[sz]e",
        r"(?:so |very |really )?sorry (?:for (?:the|any|this|your)|to hear|about (?:the|that|this))",
        r"our (?:policy|system|records|team|technicians?|records show|website|office)",
        r"(?:we|i) (?:really )?appreciate your (?:call|patience|business|understanding|feedback)",
        r"on (?:my|our) (?:end|side|system|screen)",
    ),
    *_cues(
        1.0,
        r"your (?:account|order|policy|booking|reservation|payment|card|subscription|appointment)\b",
        r"your (?:details|information|address)\b",
        r"(?:we|we'll|we can|we will|we'd|we would|we've|we have) \w+ (?:you|your)\b",
        r"would you (?:like|prefer)",
        r"i (?:completely |totally |fully )?understand (?:how|your|that you|why)",
        r"(?:sir|ma'am|madam)\b",
    ),
    # The close.
    *_cues(
        4.0,
        r"(?:is there )?anything else (?:that )?(?:i|we) (?:can|could|may) (?:help|assist|do)",
        r"(?:was|is) there anything else\b",
    ),
    *_cues(
        1.5,
        r"have a (?:great|good|nice|wonderful|lovely) (?:day|evening|afternoon|weekend|one|rest)",
        r"you(?:'re| are) welcome",
    ),
    *_cues(1.5, r"(?:thank you|thanks) for (?:choosing|contacting|reaching out|being a)"),
    # What customers say.
    *_cues(
        -3.0,
        r"i(?:'m| am| was) (?:just )?call(?:ing)? (?:in )?(?:because|about|to see|regarding|today because|since|for)",
        r"the reason (?:i'm|i am|for my) call",
        r"i(?:'ve| have) (?:got |had )?(?:a|an|some) (?:problem|issue|question|complaint)",
        r"(?:i'm|i am|i want to|i'd like to|i would like to) mak(?:e|ing) a complaint",
        r"who did you say (?:you|this)|(?:may i ask )?who(?:'s| is) (?:this|calling)\?",
    ),
    *_cues(
        -1.5,
        r"i (?:bought|ordered|purchased|paid|received|got charged|was charged|was told|signed up|booked|placed an order)",
        r"my (?:account|order|bill|policy|booking|card|subscription|appointment|payment|claim|refund)\b",
        r"my (?:package|internet|phone|car)\b",
        r"(?:i|we) (?:need|want|would like|'d like|was hoping) (?:to|you|a|my)\b",
        r"(?:can|could) you (?:please )?(?:help me|fix|tell me (?:why|when|if|what)|send me|refund|cancel|check (?:on )?my)",
        r"(?:your|you guys|you people|you) (?:company|charged|sent|said|told me|never|keep|promised)",
        r"my (?:name|last name|first name|email|phone number|date of birth|address|account number|order number) is",
    ),
    *_cues(
        -1.0,
        r"no,? that(?:'s| is| was| will be| would be) (?:it|all|everything)",
        r"thank you(?: so much)? for (?:your|the) help",
    ),
)

# The same phrase said often is not more evidence each time.
MOST_OF_A_CUE = 2
# On an inbound call the agent picks up and speaks first; on an outbound one the customer does.
FIRST_TO_SPEAK = 0.4
# What people say depends on much else besides their role, so the sum is not taken at its face value.
TEMPER = 0.5
SUREST = 0.99
# From here on, in log-odds to either side, a voice has been heard to be an agent's or a customer's.
HEARD = 2.0

ChannelRule = Literal["trust", "check", "decide"]
# From here on, in log-odds, words speak against the setting clearly enough to overrule it. In 12,800 stretches of two to
# eight turns from the written sample calls the wrong side was never ahead by as much as 4.0; in the recorded ones, heard
# whole, the right side is ahead by 9.0 at least.
CLEARLY = 6.0


# Who gives the agent's name as theirs, or is called by it, in log-odds.
GIVES_THE_NAME = 6.0
IS_CALLED_BY_IT = 2.0
GIVEN = (
    re.compile(r"\b(?:this is|my name is|my name's|i'm|i am|(?:speaking|talking|through) (?:to|with)) (\w+)", re.IGNORECASE),
    re.compile(r"\b(\w+) (?:speaking|here)\b", re.IGNORECASE),
)
CALLED = re.compile(
    r"\b(?:hi|hello|hey|thanks|thank you|morning|afternoon|evening|bye|goodbye),? (?:there,? )?(\w+)", re.IGNORECASE
)
# A name is often heard almost right; this alike it has to be (difflib's ratio: Marta and Martha have 0.91).
SAME_NAME = 0.75


@dataclass(frozen=True)
class Parties:
    """Which voices are the agent's and the customer's, and how sure that is, 0.5 to 1.

    `both_heard` says whether the words alone speak for two parties: one sounds like an agent, another like a customer.
    """

    agent: int
    customer: int
    confidence: float
    both_heard: bool = False


def find_parties(texts: Sequence[tuple[int, str]], language: str = "en", agent_name: str = "") -> Parties:
    """The agent and the customer among voices 0, 1, …, from what was said in order: pairs of a voice and its turn or word,
    with the space before it.

    Where there are more than two, a side can have several: whoever sounds like an agent is on the agent's side. The agent is
    the one of them who gives the agent's name, else the one who says most; so, after a transfer, it is the one who held most
    of the call. The customer is found in the same way; everybody else is neither.
    """
    count = max([1, *(voice for voice, _ in texts)]) + 1
    said = ["".join(text for speaker, text in texts if speaker == voice) for voice in range(count)]
    english = language == "en"
    odds = [sounds_like_agent(text, agent_name) if english else 0.0 for text in said]
    both_heard = max(odds) >= HEARD and min(odds) <= -HEARD
    if texts:
        odds[texts[0][0]] += FIRST_TO_SPEAK
    poles = max(range(count), key=odds.__getitem__), min(range(count - 1, -1, -1), key=odds.__getitem__)
    sides = [[pole] for pole in poles]
    for voice in set(range(count)) - set(poles):
        sides[0 if odds[voice] > 0 else 1].append(voice)
    named = {voice: english and name_odds(said[voice], agent_name) for voice in range(count)}
    agent = max(sides[0], key=lambda voice: (named[voice] >= GIVES_THE_NAME, len(said[voice])))
    customer = max(sides[1], key=lambda voice: len(said[voice]))
    lead = max(0.0, odds[agent] - odds[customer])
    confidence = min(SUREST, 1 / (1 + math.exp(-lead * TEMPER)))
    return Parties(agent, customer, round(confidence, 3), both_heard)


def choose_channel(said: Sequence[str], set_to: int, rule: ChannelRule, language: str = "en", agent_name: str = "") -> int:
    """The agent's channel of two, 0 or 1, from all that is said on each and from how it is set.

    `trust` keeps to the setting; `check` overrules it where the words clearly say otherwise; `decide` goes by the words, and
    by the setting where they say nothing. In another language than English the setting stands.
    """
    if rule == "trust" or language != "en":
        return set_to
    against = sounds_like_agent(said[1 - set_to], agent_name) - sounds_like_agent(said[set_to], agent_name)
    overruled = against > 0 if rule == "decide" else against >= CLEARLY
    return 1 - set_to if overruled else set_to


def sounds_like_agent(text: str, agent_name: str = "") -> float:
    """The log-odds, before anything else is known, that whoever says this is an agent; below 0 it sounds like a customer.

    `agent_name` is the agent's name where it is known.
    """
    heard = sum(cue.weight * min(MOST_OF_A_CUE, len(cue.pattern.findall(text))) for cue in CUES)
    return heard + name_odds(text, agent_name)


def name_odds(text: str, agent_name: str) -> float:
    """What is added for the agent's name: much where it is given as one's own, less, and below 0, where somebody is called
    by it. The first name or the last will do, and one that was heard almost right."""
    names = [name.casefold() for name in re.findall(r"\w{3,}", agent_name)]

    def is_it(heard: str) -> bool:
        return any(SequenceMatcher(None, heard.casefold(), name).ratio() >= SAME_NAME for name in names)

    if any(is_it(heard) for pattern in GIVEN for heard in pattern.findall(text)):
        return GIVES_THE_NAME
    return -IS_CALLED_BY_IT if any(map(is_it, CALLED.findall(text))) else 0.0
