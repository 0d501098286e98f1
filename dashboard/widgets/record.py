"""How is an entry of the record said in plain words?"""

from collections.abc import Mapping
from typing import Any

from dashboard.widgets.words import ROLES, VERDICTS
from scoring.result import Verdict
from storage.audit import About, Entry, What
from storage.audit_search import Kind, Other

KINDS: Mapping[Kind, str] = {
    Kind.OPENINGS: "Calls opened",
    Kind.SCORES: "Scores",
    Kind.SCORECARDS: "Scorecards",
    Kind.RIGHTS: "Rights and sign-ins",
    Kind.SETTINGS: "Settings",
    Kind.KEEPING: "Keeping and removing",
}

OTHERS: Mapping[Other, str] = {
    Other.OPERATOR: "Somebody at the command line",
    Other.PROGRAM: "Attune itself",
    Other.NOBODY: "Somebody who was not let in",
}

ABOUT: Mapping[About, str] = {
    About.CALL: "A call",
    About.SCORECARD: "A scorecard",
    About.BEHAVIOUR: "A behaviour",
    About.PERSON: "A person",
    About.AGENT: "An agent",
    About.TEAM: "A team",
    About.SETTING: "A setting",
    About.TOKEN: "A token of a program",
    About.FIGURES: "Figures",
    About.REASONS: "The tree of reasons",
    About.HOLD: "A legal hold",
    About.REPORT: "A report",
    About.ARRIVAL: "Files that came in",
    About.CUSTOMER: "A customer",
    About.ORGANISATION: "An organisation",
    About.CAUSE: "A cause on the board",
    About.CASES: "Cases of a customer system",
}

DONE: Mapping[What, str] = {
    What.CALL_OPENED: "Opened a call",
    What.CALL_HEARD: "Listened to a call",
    What.CALL_TAKEN: "Took a call along as a file",
    What.ORIGINAL_READ: "Read a call with its private words",
    What.CALL_STORED: "Took a call in and scored it",
    What.ANSWERED: "Answered a question",
    What.ANSWERED_BLIND: "Answered a question blind",
    What.REVIEWED: "Finished a review",
    What.DISPUTE_DECIDED: "Decided a dispute",
    What.SIDES_CORRECTED: "Corrected who spoke",
    What.WENT_ON: "Took in what was written since, and scored again",
    What.RESCORING_STARTED: "Had past calls scored again",
    What.RESCORING_STOPPED: "Stopped scoring past calls again",
    What.SCORED: "Scored calls by a scorecard",
    What.RECOUNTED: "Counted figures again",
    What.REASON_CORRECTED: "Said why a customer was in touch",
    What.REASONS_CHANGED: "Put a tree of reasons in force",
    What.REASONS_REASSIGNED: "Had past conversations put under reasons again",
    What.REASON_PROPOSAL_DECIDED: "Decided about a proposed reason",
    What.JUDGE_ADOPTED: "Put a taught judge in force",
    What.JUDGE_RESTORED: "Put the shipped judge in force",
    What.SCORECARD_STORED: "Kept a version of a scorecard",
    What.SCORECARD_ACTIVATED: "Put a version of a scorecard in force",
    What.SCORECARD_RETIRED: "Took a scorecard out of use",
    What.SCORECARD_RESTORED: "Put a scorecard into use again",
    What.SCORECARD_SCOPE: "Said which calls a scorecard is for",
    What.PERSON_ADDED: "Let a person sign in",
    What.PERSON_CHANGED: "Changed what a person may do",
    What.PERSON_DEACTIVATED: "Took a person's sign-in away",
    What.PASSWORD_SET: "Set a password",
    What.SIGNED_IN: "Signed in",
    What.SIGN_IN_REFUSED: "Was not let in",
    What.SIGNED_OUT: "Signed out",
    What.TEAM_ADDED: "Added a team",
    What.TEAM_RENAMED: "Gave a team another name",
    What.AGENT_MOVED: "Moved an agent to another team",
    What.ORGANISATION_ADDED: "Added an organisation",
    What.ORGANISATION_CHANGED: "Changed an organisation's name, or what it is",
    What.TEAM_ASSIGNED: "Said which organisation a team belongs to",
    What.CONSENT_CHANGED: "Said whether calls may be shown as examples",
    What.TOKEN_ADDED: "Gave a program a token",
    What.TOKEN_REVOKED: "Took a program's token away",
    What.SETTING_CHANGED: "Changed a setting",
    What.HOLD_SET: "Put calls under legal hold",
    What.HOLD_RELEASED: "Released a legal hold",
    What.REMOVED: "Removed what was kept long enough",
    What.ERASED: "Erased a customer",
    What.REDACTED: "Took private words out of stored calls",
    What.PERSON_EXPORTED: "Handed out all about a person",
    What.ARRIVAL_DECIDED: "Decided about files that could not be taken in",
    What.WORDS_ENCRYPTED: "Encrypted or decrypted stored words",
    What.BACKED_UP: "Put everything aside in a backup",
    What.CUSTOMER_OPENED: "Opened all conversations of a customer",
    What.CUSTOMERS_MERGED: "Put two customers together",
    What.CUSTOMER_SPLIT: "Took conversations out of a customer",
    What.CUSTOMER_CHANGE_UNDONE: "Took a change of customers back",
    What.PROMISE_MARKED: "Said whether a promise was kept",
    What.CAUSE_CHANGED: "Put a cause on the board, or changed it",
    What.CAUSE_EVIDENCE: "Put a conversation under a cause, or took it off",
    What.CASES_IMPORTED: "Imported cases of the customer system",
    What.CASES_EXPORTED: "Took cases along with their scores",
}

_ROLES = {
    **{role.value: words for role, words in ROLES.items()},
    "operator": "Command line",
    "program": "Program",
    "nobody": "",
}

_NAMES = {
    "agent": "agent number",
    "count": "calls",
    "for": "for person number",
    "ids_sha256": "fingerprint of their ids",
    "totals": "scores",
}
"""Names of details that are not said as they are."""

_HIDDEN = {"evaluation", "result", "hash", "transcript"}
"""Details for programs, which stand in the exported record."""


def done(entry: Entry) -> str:
    """What was done; what a newer version of Attune writes, as it is written."""
    return DONE[What(entry.what)] if entry.what in set(What) else entry.what


def role(entry: Entry) -> str:
    """The role of the time of who did it."""
    return _ROLES.get(entry.role, entry.role)


def thing(entry: Entry, names: Mapping[tuple[str, str], str]) -> tuple[str, str]:
    """What it was done to: its name or kind, and its id."""
    kind = ABOUT[About(entry.about)] if entry.about in set(About) else entry.about
    name = names.get((entry.about, entry.about_id))
    return (name, f"{kind.partition(' ')[2]} {entry.about_id}") if name else (kind, entry.about_id)


def details(entry: Entry) -> str:
    """What else is known of it, in a line: what changed first."""
    given = dict(entry.details)
    if given.pop("held_back", False):
        return "Held back while you judge this call blind"
    said = []
    for before, after, name in (("before", "after", ""), ("total_before", "total_after", "score")):
        if before in given or after in given:
            old, new = _value(given.pop(before, None)), _value(given.pop(after, None))
            said.append(" ".join(part for part in (name, f"{old} → {new}" if old != new else f"stays {new}") if part))
    answers = (given.pop("answer_before", None), given.pop("answer_after", None))
    if answers[0] != answers[1] and answers[1] not in [verdict.value for verdict in Verdict]:
        said.append(f"answer {_value(answers[0])} → {_value(answers[1])}")
    said += [
        f"{_NAMES.get(name, name.replace('_', ' '))} {_value(value)}"
        for name, value in given.items()
        if name not in _HIDDEN and value not in (None, "", [], False)
    ]
    return " · ".join(said)


def _value(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return VERDICTS[Verdict(value)].lower() if value in set(Verdict) else _fingerprint(value)
    if isinstance(value, int | float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_value(one)}" for name, one in value.items() if one not in (None, ""))
    return ", ".join(_value(one) if not isinstance(one, list) else " ".join(map(_value, one)) for one in value)


def _fingerprint(words: str) -> str:
    """A hash is told by its beginning."""
    digest = words.removeprefix("sha256:")
    is_hash = len(digest) == 64 and set(digest) <= set("0123456789abcdef")
    return f"{digest[:12]}…" if is_hash else words
