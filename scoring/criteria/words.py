"""What do people call the kinds of questions and their parameters, who never see a scorecard's file?

A kind has a name that finishes the sentence "This is answered by …", and a sentence of help. A parameter has a label and
help; a label that one kind words in its own way stands under `kind.parameter`. A test holds that every kind and every
parameter has its words here.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """A label, and a sentence or two of help."""

    label: str
    help: str = ""


KINDS_IN_WORDS: Mapping[str, Words] = {
    "says.v1": Words("certain words that were said", "Met where one of your phrases was said, however it was pronounced."),
    "never_says.v1": Words("words that must not be said", "Met where none of your phrases was said; else they are quoted."),
    "means.v1": Words(
        "something that was meant, in any words",
        "Give a few example sentences. Met where somebody said something that means the same.",
    ),
    "shows.v1": Words(
        "a behaviour that was shown",
        "Empathy, an apology, an open question: the machine has learned from examples how people do these.",
    ),
    "never_shows.v1": Words(
        "a behaviour that must not be shown",
        "A threat, blame, rudeness: met where nobody did it; else the words are quoted.",
    ),
    "responds.v1": Words(
        "a behaviour that was answered with another",
        "Each time one side shows something (distress), does the other soon answer it (empathy)?",
    ),
    "ratio.v1": Words(
        "how often a behaviour came, for each time of another",
        "Such as reflections for each question, or the share of questions that are open.",
    ),
    "measured.v1": Words(
        "a number that is measured",
        "Silence, holds, pace, interruptions, talk share: met where the number is in your range.",
    ),
    "replies.v1": Words(
        "how long a customer who wrote had to wait",
        "For chats, e-mails and social messages. Met where the answer came within your limit.",
    ),
    "answers.v1": Words(
        "an answer to what the customer asked",
        "Each question of the customer is held against all that the agent wrote after it, by meaning.",
    ),
    "sentiment.v1": Words(
        "how a side felt", "The feeling read from a side's words, over the call, at its end, or how it changed."
    ),
    "in_order.v1": Words("one thing that came before another", "Such as checking who is calling before naming the balance."),
    "all_of.v1": Words("several things that all hold", "Each of the things below is judged; all of them have to hold."),
    "any_of.v1": Words("one of several things that holds", "Each of the things below is judged; the best answer counts."),
    "by_hand.v1": Words("a person", "The machine leaves it open until somebody has answered it."),
    "learned.v1": Words(
        "what your reviewers' answers have taught",
        "The page Teach the machine put this here, on top of the way in which the question was answered before.",
    ),
}

# Whole groups of parameters, by the name of their type.
GROUPS_IN_WORDS: Mapping[str, Words] = {
    "Said": Words("words that were said"),
    "Showing": Words("a behaviour that was shown"),
    "Stretch": Words("part of the call"),
}

PARAMETERS_IN_WORDS: Mapping[str, Words] = {
    "rule": Words("On top of"),
    "weights": Words("What was taught"),
    "bias": Words("Where it starts from"),
    "stands_on": Words("The judge of behaviours that it stands on"),
    "labels": Words("The answers that it was taught from"),
    "speaker": Words("Who says it", "Whose words are looked through."),
    "sentiment.v1.speaker": Words("Whose feeling"),
    "phrases": Words(
        "Phrases",
        "One is enough. Capitals, punctuation and um or er do not matter; I'm and I am are the same, so are 24 and "
        "twenty-four.",
    ),
    "patterns": Words(
        "Patterns (for experts)", "Regular expressions, looked for in the words as they were written, capitals or not."
    ),
    "tolerance": Words(
        "How much may be misheard",
        "The share of a phrase's letters that speech recognition may have got wrong, from 0 to 0.4. Numbers and words like "
        "not always have to be right.",
    ),
    "named": Words("What to call these words", "A reader of the answer sees this in the place of patterns: a greeting."),
    "within": Words(
        "Where in the call", "All that you fill in has to hold together. Leave it empty to look through it all."
    ),
    "at_least": Words("At least so many times"),
    "shows.v1.at_least": Words("In at least so many turns"),
    "at_most": Words("And at most so many times", "Leave it empty for no limit."),
    "shows.v1.at_most": Words("And in at most so many turns", "Leave it empty for no limit."),
    "examples": Words("Sentences that mean it", "Give several that differ, each like somebody would really say it."),
    "unlike": Words(
        "Sentences that come close but mean something else",
        "What is nearer to one of these than to any example is left out.",
    ),
    "threshold": Words(
        "How alike it has to be", "1 is the same, 0 is unrelated. Lower finds more, and more that is wrong; try it on calls."
    ),
    "band": Words("How far around that a person decides", "0 always lets the machine decide."),
    "behaviour": Words(
        "Behaviour", "One is enough. A behaviour is the agent's or the customer's; choose those of one side."
    ),
    "never_shows.v1.behaviour": Words("Behaviour", "None of these may be shown. Choose those of one side."),
    "responds.v1.to": Words("Each time there is", "One is enough, all of one side."),
    "responds.v1.by": Words("the other side answers with", "One is enough, all of the other side."),
    "responds.v1.turns": Words("Within so many of their turns", "A mere mhm or okay is no turn."),
    "responds.v1.within": Words("Where the first is looked for", "Leave it empty to look through the whole call."),
    "ratio.v1.of": Words("How often there is", "Turns are counted; one of these is enough."),
    "ratio.v1.to": Words("for each time of"),
    "to_at_least": Words("Only asked from so many of these on", "Where there are fewer, the question does not apply."),
    "measure": Words("What is measured"),
    "met": Words("Met from … to …", "Both are included. Leave one empty for no limit on that side."),
    "partly": Words("Partly met from … to …", "Outside both ranges it is not met. Leave both empty for no partly."),
    "alike": Words("How alike in meaning an answer has to be", "1 is the same, 0 is unrelated."),
    "answers.v1.unlike": Words("Below this it has nothing to do with the question", "Between the two a person decides."),
    "met_minutes": Words("Met within so many minutes"),
    "partly_minutes": Words("Partly met within so many minutes", "Later is not met. Leave it empty for no partly."),
    "which": Words("Which answers"),
    "clock": Words("By which clock", "The hours in which somebody is there are a setting; an administrator knows them."),
    "sentiment.v1.of": Words("What of it"),
    "over": Words("Over"),
    "first": Words("First"),
    "then": Words("Then"),
    "first_missing": Words("Where only the second came"),
    "then_missing": Words("Where the second never came"),
    "rules": Words("Things that are judged"),
    "partly_from": Words(
        "Partly met from so many on", "So many that hold make it partly met. Leave it empty for all or nothing."
    ),
    "look_for": Words("What the person looks at"),
    "where": Words("Which messages", "Where there are no such messages, the question does not apply."),
    "first_seconds": Words("In the first seconds"),
    "last_seconds": Words("In the last seconds"),
    "first_turns": Words("In the speaker's first turns"),
    "last_turns": Words("In the speaker's last turns"),
    "after": Words("Only after", "After the first time of this. Where it never came, the question does not apply."),
    "before": Words("Only before", "Before the first time of this. Where it never came, all of the call counts."),
    "turns_after": Words("and within so many turns after it"),
    "Said.speaker": Words("Who says it"),
}

CHOICES_IN_WORDS: Mapping[str, str] = {
    "agent": "The agent",
    "customer": "The customer",
    "other": "A recorded voice, or somebody else",
    "anyone": "Anyone",
    "level": "How it was",
    "change": "How it changed, from the first third to the last",
    "end": "How it was at the end, in their last two turns",
    "call": "The whole call",
    "first_third": "The first third",
    "middle_third": "The middle third",
    "last_third": "The last third",
    "first": "Only the first",
    "every": "Every answer; the longest wait decides",
    "around": "Around the clock",
    "working": "The hours in which somebody is there to answer",
    "public": "Messages that everybody could read",
    "private": "Messages between the two of them",
    "not_met": "Not met",
    "not_applicable": "Does not apply",
}

RARE = frozenset({"patterns", "tolerance", "named", "at_most", "threshold", "band", "unlike", "alike", "partly_from"})
"""What few scorecards need: a form keeps it out of the way until somebody asks for it."""

MACHINE_WRITTEN = frozenset({"weights", "bias", "stands_on", "labels"})
"""What teaching writes, and nobody fills in or reads."""


def parameter_in_words(owner: str, name: str) -> Words:
    """The words for a parameter of a kind, or of a group of parameters. Raises KeyError where it has none."""
    return PARAMETERS_IN_WORDS.get(f"{owner}.{name}") or PARAMETERS_IN_WORDS[name]
