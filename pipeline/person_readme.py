"""What says the file that stands beside all about a person, for somebody who knows neither the program nor its tables?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from storage.about_person import Person, PersonKind
from storage.person_tables import LEFT_OUT, NOT_FOR, SAYS, Whose

WHO = {
    PersonKind.CUSTOMER: "a customer",
    PersonKind.AGENT: "an agent",
    PersonKind.REVIEWER: "a reviewer",
    PersonKind.COACH: "a coach",
    PersonKind.QUALITY_MANAGER: "a quality manager",
    PersonKind.ADMINISTRATOR: "an administrator",
}

FOLDERS = {
    "words": "what was said in each call; the first line of a file names the call",
    "sound": "the recordings that are still kept, with the numbers that the words have",
    "waveforms": "how loud each recording is, as it is drawn on the screen, with the same numbers",
    "vcons": "the files in which calls came with their words, where one was kept",
    "originals": "calls as they were before private words were taken out, deciphered: words as JSON, and the sound",
    "inbox": "files that came in and have become no call, by the number of their row in rows/inbox.jsonl",
}
"""What lies in each folder, beside `rows`."""

_EVERYBODY = (
    "Passwords, and whatever else opens something (of tokens, sessions and webhooks), are in no file of this kind. Of "
    "numbers that a machine alone reads it says how many bytes they have.",
    "The name of somebody at work stays a name wherever they did something: who opened, answered, commented or decided. "
    "Their e-mail address, their account and what else is about them does not stand here.",
    "Of what was done to many calls at once the record has the number and a hash and no ids; such entries are not here, "
    "unless this person did it.",
    "What a person wrote may name others. Whoever hands this on looks at it first.",
)

_OF = {
    Whose.CUSTOMER: (
        "Calls are found by the name or number exactly as the list of calls has it; a call with neither is not found.",
        "What agents and those who review and coach them write to one another about the agent's work is the agent's: "
        f"in disputes, coaching and assignments it reads {LEFT_OUT}.",
        "Of a file in the inbox that has become calls of others too, its name, place and what came with it are theirs as "
        f"well, and read {LEFT_OUT}.",
        "What was converted of a recording for browsers is the same sound once more, and left out.",
    ),
    Whose.AGENT: (
        "The agent's own calls are here with everything that was said, as they spoke in them. Who the customer is, by name, "
        f"number and further columns, reads {LEFT_OUT}; customers may say their names all the same.",
        "Files in which calls came, and calls as they were before private words were taken out, are left out: they hold "
        "customers' names, numbers and private words.",
        "Of calls of others that the agent was shown as examples, or judged, the words are left out.",
    ),
    Whose.COLLEAGUE: (
        "The words of calls that this person merely reviewed, heard, coached from or decided on are not here, and no "
        f"recordings: they belong to the customers and the agents. The calls stand by their ids; quotes read {LEFT_OUT}.",
        f"What others wrote to them reads {LEFT_OUT}: an agent's reasons for a dispute, an agent's view of a plan.",
        "The record has all that this person did, and what others did to their account. Of what they did to another's "
        "account it says that, and not how.",
        "Where a row has somebody's name and nothing else, it is found by the name of today, and only if no other account "
        "has the same.",
        "If this person was an agent, their calls are in the file of the agent of that name.",
    ),
}
"""What is left out of whose file, or cut down, and why."""


@dataclass(frozen=True)
class Withheld:
    """Something that would belong into the file and could not be put there: which call or row, what, and why."""

    of: str
    what: str
    why: str


def readme(
    person: Person, at: str, calls: int, rows: Mapping[str, int], files: Mapping[str, int], withheld: Sequence[Withheld]
) -> str:
    """The text. rows and files: how many there are of each table, and in each folder; at: when, for people."""
    held = [f"{one.what} of {one.of}: {one.why}" for one in withheld] or ["Nothing."]
    tables = [
        f"{', '.join(sorted(of_reason))}: {reason}."
        for reason, names in NOT_FOR[person.whose].items()
        if (of_reason := names.split())
    ]
    own = f"their own calls: {calls}" if person.whose is not Whose.COLLEAGUE else "they have no calls of their own"
    parts = [
        f"All that is kept about {WHO[person.kind]}: {person.name}\nPut together {at}; {own}.",
        _list(
            "What is here",
            [
                "README.txt: what you are reading",
                "about.json: how much of what is here, which call has which number, and what was withheld, for machines",
                *(f"{name}/: {FOLDERS[name]} ({count} files)" for name, count in files.items()),
                *(f"rows/{name}.jsonl: {SAYS[name]} ({count} rows)" for name, count in sorted(rows.items())),
            ],
        ),
        _list(
            "How rows are read",
            [
                "Each line of a file in rows is one row as JSON. Times of day are UTC, times within a call are seconds from "
                "its start. A name that ends with _id is the number of a row in another table; call_id is the id of a call."
            ],
        ),
        _list("What is left out or cut down, and why", [*_OF[person.whose], *_EVERYBODY]),
        _list("Tables that are left out, and why", tables),
        _list("What would belong here and was withheld", held),
    ]
    return "\n\n".join(parts) + "\n"


def _list(title: str, points: Sequence[str]) -> str:
    said = (fill(one, 100, initial_indent="- ", subsequent_indent="  ", break_long_words=False) for one in points)
    return "\n".join([title, "", *said])
