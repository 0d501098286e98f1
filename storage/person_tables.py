"""Which rows of which table are about whom, what of such a row is somebody else's, and which tables are left out, and why?

Whatever hangs on a person's calls is found by the tables' own references (`storage.about_person`). What is not found so is
named here: by which columns somebody's account, name or agent stands in a row. A test goes through every table and every
column that can name a person, and fails where one is neither handed out nor left out with a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LEFT_OUT = "[left out]"
"""What stands in a row in the place of what is somebody else's."""

SECRETS = frozenset({"password_hash", "token_hash", "secret_hash", "salt"})
"""Columns that open something; they say nothing of a person and are handed out to nobody."""


class Whose(StrEnum):
    """Whose file it is: what is another's depends on it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    COLLEAGUE = "colleague"


class By(StrEnum):
    """What a column has of a person: the id of their account, that of the agent they are, their name alone, or the id of a
    row that is theirs."""

    ACCOUNT = "account"
    AGENT = "agent"
    NAME = "name"
    ROW = "row"


@dataclass(frozen=True)
class Mine:
    """A column that makes a row somebody's. others: columns of such a row that are another's. parent: the column, as
    `table.column`, by which the row that `column` refers to is theirs."""

    table: str
    column: str
    by: By = By.ACCOUNT
    others: frozenset[str] = frozenset()
    parent: str = ""


def _by(by: By, *columns: str, others: str = "") -> tuple[Mine, ...]:
    split = (one.split(".") for one in columns)
    return tuple(Mine(table, column, by, frozenset(others.split())) for table, column in split)


def _of(parent: str, *columns: str, others: str = "") -> tuple[Mine, ...]:
    split = (one.split(".") for one in columns)
    return tuple(Mine(table, column, By.ROW, frozenset(others.split()), parent) for table, column in split)


MINE: tuple[Mine, ...] = (
    *_by(
        By.AGENT, "agents.id", "team_moves.agent_id", "review_draws.agent_id", "disputes.agent_id", "coaching_plans.agent_id"
    ),
    *_by(By.AGENT, "example_consents.agent_id", "api_tokens.agent_id"),
    *_of("disputes.agent_id", "dispute_steps.dispute_id"),
    *_of("coaching_plans.agent_id", "plan_goals.plan_id", "plan_actions.plan_id", "plan_sessions.plan_id"),
    *_of("coaching_plans.agent_id", "plan_steps.plan_id"),
    *_of("coaching_plans.agent_id", "plan_clips.plan_id", others="quote"),  # a moment may be lent from a colleague's call
    *_by(By.ACCOUNT, "users.id", "coach_teams.user_id", "sessions.user_id", "received.user_id", "presence.user_id"),
    *_by(By.ACCOUNT, "api_tokens.author_id", "assignments.reviewer_id", "review_quotas.user_id", "review_rules.author_id"),
    *_of("api_tokens.agent_id", "webhooks.token_id"),
    *_of("api_tokens.author_id", "webhooks.token_id"),
    *_of("assignments.reviewer_id", "assignment_cards.assignment_id"),
    *_by(By.NAME, "assignments.passed_by"),
    *_by(By.NAME, "review_quotas.author"),
    *_by(By.ACCOUNT, "overrides.author_id", "acknowledgements.author_id", "blind_answers.author_id"),
    *_of("overrides.author_id", "override_quotes.override_id", others="quote"),
    *_of("blind_answers.author_id", "blind_quotes.blind_answer_id", others="quote"),
    *_by(By.ACCOUNT, "side_corrections.author_id", others="before"),
    *_by(By.ACCOUNT, "turn_marks.author_id", others="text"),
    *_by(By.ACCOUNT, "comments.author_id", "clips.author_id", "coaching_requests.author_id"),
    *_by(By.NAME, "coaching_requests.done_by", others="note"),
    *_by(By.ACCOUNT, "calibrations.author_id", "calibrations.expert_id", "calibration_members.user_id"),
    *_by(By.ACCOUNT, "calibration_answers.user_id"),
    *_by(By.NAME, "calibrations.closed_by"),
    *_of("calibration_members.user_id", "calibrations.id"),
    *_by(By.ACCOUNT, "disputes.raised_by_id", "dispute_steps.author_id"),
    *_by(By.ACCOUNT, "disputes.settled_by_id", others="reason"),
    *_by(By.ACCOUNT, "disputes.given_to_id", others="reason decision"),
    *_by(By.NAME, "disputes.answered_by", others="reason decision"),
    *_by(By.NAME, "dispute_steps.to", others="words"),
    *_by(By.ACCOUNT, "coaching_plans.coach_id", others="agent_view"),
    *_of("coaching_plans.coach_id", "plan_actions.plan_id", "plan_sessions.plan_id"),
    *_by(By.NAME, "plan_actions.done_by"),
    *_by(By.NAME, "plan_clips.author", others="quote"),
    *_by(By.ACCOUNT, "plan_steps.author_id", "plan_templates.author_id"),
    *_by(By.ACCOUNT, "team_moves.author_id", "settings_kept.author_id", "keeping_reports.author_id"),
    *_by(By.ACCOUNT, "legal_holds.author_id", others="customer"),
    *_by(By.NAME, "legal_holds.released_by", others="customer reason"),
    *_by(By.ACCOUNT, "learned_judges.author_id", "adoptions.author_id", "rescore_jobs.author_id"),
    *_by(By.ACCOUNT, "scorecard_events.author_id", "draft_marks.author_id"),
    *_by(By.ACCOUNT, "promise_marks.author_id"),
    *_by(By.ACCOUNT, "customer_changes.author_id", others="customer_id other_id calls identities"),
    *_by(By.NAME, "customer_changes.undone_by", others="customer_id other_id calls identities"),
    *_by(By.ACCOUNT, "reason_trees.author_id", "reason_corrections.author_id"),
    *_by(By.ACCOUNT, "reason_proposals.decided_by_id", others="name terms"),
    *_by(By.ACCOUNT, "alerts.taken_by_id", "alerts.closed_by_id", others="quote"),
    *_by(By.ACCOUNT, "alert_steps.author_id", "alert_mails.user_id"),
    *_by(By.ACCOUNT, "alert_rules.author_id", others="rule"),
    *_by(By.ACCOUNT, "organisation_teams.author_id"),
    *_by(By.ACCOUNT, "causes.author_id", others="owner"),
    *_by(By.ACCOUNT, "cause_evidence.author_id"),
)
"""In the order in which they are asked: of a row that is somebody's in two ways the first says what of it is another's."""

OTHERS: Mapping[Whose, Mapping[str, frozenset[str]]] = {
    Whose.CUSTOMER: {
        # What agents and those who review and coach them write to one another about the agent's work is the agent's.
        "acknowledgements": frozenset({"note"}),
        "disputes": frozenset({"reason", "decision"}),
        "dispute_steps": frozenset({"words"}),
        "coaching_requests": frozenset({"note"}),
        "plan_clips": frozenset({"note"}),
        "assignments": frozenset({"passed_why"}),
        "alert_mails": frozenset({"address"}),
    },
    Whose.AGENT: {
        "alert_mails": frozenset({"address"}),
        "calls": frozenset({"customer", "file_name", "extra"}),
        "courses": frozenset({"customer_key"}),
        "customer_calls": frozenset({"customer_id", "identity_id"}),
        "case_calls": frozenset({"case_id", "key"}),
        "satisfaction": frozenset({"case_id"}),
        "plan_clips": frozenset({"note"}),  # of a plan for a colleague, to whom the moment was lent
    },
}
"""What is another's in the rows that hang on a person's own calls."""

_NOBODY = {
    "how the record is chained; it says nothing of anybody": "audit_head",
    "what the centre's programs and scorecards are set to, and sums over everybody": (
        "operations review_days scorecard_scopes inbox_workers call_sums call_sum_changes course_sums course_subjects "
        "sum_stamps"
    ),
    "marks by which the database guards itself; they say nothing of anybody": "words_door words_key",
    "hashes by which too many wrong passwords are noticed, deleted within a day, from which no person can be read": (
        "sign_in_attempts"
    ),
    "names of companies; they say nothing of anybody": "organisations",
}
_AT_WORK = "it is about the people at work and about their work, and names no customer"
_THEIR_CALLS = "it belongs to the customers and the agents whose calls they are"
_WHY = "the centre's own list of reasons, and what many customers' calls have in common; of each call its reason is here"

NOT_FOR: Mapping[Whose, Mapping[str, str]] = {
    Whose.CUSTOMER: {
        **_NOBODY,
        _AT_WORK: (
            "alert_rules organisation_teams "
            "agents users teams coach_teams team_moves sessions received api_tokens webhooks example_consents review_draws "
            "review_rules review_quotas calibrations calibration_members coaching_plans plan_goals plan_actions "
            "plan_sessions plan_steps plan_templates settings_kept adoptions scorecard_drafts scorecard_events rescore_jobs"
        ),
        "judges that were taught are numbers from which nobody can be read; the marks they were taught by are here": (
            "learned_judges"
        ),
        "reports of what was removed have ids and hashes alone; the record says of each call what was done to it": (
            "keeping_reports"
        ),
        _WHY: "reason_trees reason_proposals",
        "what the centre's managers hold for the cause of many customers' calls; in which of the calls it shows is here": (
            "causes"
        ),
    },
    Whose.AGENT: {
        **_NOBODY,
        "it says which customer a file that came in is about": "inbox inbox_calls",
        "it says by what customers are known": "customers customer_identities cases",
    },
    Whose.COLLEAGUE: {
        **_NOBODY,
        _THEIR_CALLS: (
            "calls transcripts turns signals courses course_counts course_changes "
            "harms evaluations results evidence call_tallies removals "
            "customers customer_identities customer_calls cases case_calls satisfaction "
            "review_chances calibration_calls what_if_calls what_if_answers inbox inbox_calls webhook_deliveries "
            "threads call_reasons reason_history reason_examples"
        ),
        "it is about agents: how often they do what, and whether they lend their calls": (
            "agents example_consents review_draws plan_goals"
        ),
        "which version of a scorecard is which; it says nothing of anybody": "scorecard_versions",
    },
}
"""Why a table is not in a file of this sort: by the reason, the tables with blanks between."""

SAYS: Mapping[str, str] = {
    "alert_mails": "which alerts were told by e-mail, and when",
    "alert_rules": "rules of alerts that the person set",
    "alert_steps": "what was done and said about alerts",
    "alerts": "alerts: of which call, why, and what was done about it",
    "acknowledgements": "the agent's word that a score was read",
    "adoptions": "who decided which judge of a behaviour is in force",
    "agents": "the agent, as the program knows them",
    "api_tokens": "tokens of programs that see with this agent's eyes or that this person made, without what opens them",
    "assignment_cards": "by which scorecards calls that were given out are reviewed",
    "assignments": "which call was given to whom to review, why, and what became of it",
    "audit_entries": "the record: who did what, to what, and when; with calls also every opening of them",
    "blind_answers": "answers that were given before the machine's was in sight",
    "blind_quotes": "the words that those answers rest on",
    "calibration_answers": "answers that were given to calibrate",
    "calibration_calls": "which of the calls were used to calibrate",
    "calibration_members": "in which calibrations the person took part",
    "calibrations": "the calibrations themselves: what about, when, and whose answers were the measure",
    "call_tallies": "the answers of a call once more, packed to be counted",
    "call_reasons": "why the customer of each call was in touch, by whom that was said, and the sentence that tells it",
    "cause_evidence": "which conversations were named as showing a cause of calls, by whom",
    "causes": "causes of calls that the person put on the board, and when",
    "calls": "the calls: when, how long, with whom, and what was said of them when they came in",
    "case_calls": "to which case of a customer system a call belongs",
    "cases": "cases of customer systems: their id, reason, whether they are solved, when, and hashes of whose they are",
    "clips": "stretches of calls that were marked as good or bad examples",
    "coach_teams": "which teams the person coaches",
    "coaching_plans": "coaching plans: for whom, by whom, what both say to it, and when",
    "coaching_requests": "calls that were put before a coach, and why",
    "comments": "what people said of moments of calls",
    "course_changes": "which calls are yet to be counted again with holds, transfers, contacts before and sentiment",
    "course_counts": "how each call ran once more, in numbers, to be counted",
    "courses": "how each call ran: holds, transfers, contacts before, sentiment",
    "customer_calls": "which calls are taken to be of one customer, and by what",
    "customer_changes": "who put customers together, or took calls out of one, and when",
    "customer_identities": "by what the customer is known: hashes, under a secret key, of number, telephone and e-mail",
    "customers": "the customer, as the program tells them from others",
    "dispute_steps": "what happened to disputes after they were raised",
    "disputes": "disputes of answers: why, by whom, and what was decided",
    "draft_marks": "people's word on what a draft of a scorecard says of a call",
    "evaluations": "the scores of calls, as the machine gave them and as they are",
    "evidence": "the words that the machine's answers rest on",
    "example_consents": "whether the agent's calls may be shown to colleagues as examples",
    "harms": "moments that may have harmed a customer",
    "inbox": "what came in about the person, by which door, when, and what became of it",
    "inbox_calls": "which call a file that came in has become",
    "keeping_reports": "what the person removed, erased or handed out, in numbers",
    "learned_criteria": "questions that were taught, with those of the answers behind them that are about the person",
    "learned_judges": "judges of behaviours that the person had taught; of the numbers themselves how many",
    "legal_holds": "legal holds on the person, their calls, or set or released by them",
    "override_quotes": "the words that people's answers rest on",
    "organisation_teams": "which teams the person said belong to which company",
    "overrides": "people's answers: before, after and why",
    "plan_actions": "what a coaching plan asks to be done",
    "plan_clips": "moments of calls in coaching plans",
    "plan_goals": "the goals of coaching plans",
    "plan_sessions": "talks of coach and agent, with their notes",
    "plan_steps": "what happened to coaching plans",
    "plan_templates": "actions that the person proposed for plans to begin with",
    "presence": "who last had which call open to judge it",
    "promise_marks": "people's word on whether a promise was kept",
    "reason_corrections": "people's word on why a customer was in touch",
    "reason_examples": "which sentences of calls stand for a reason",
    "reason_history": "under which reasons calls were before",
    "reason_proposals": "reasons that the machine proposed and the person decided about",
    "reason_trees": "versions of the list of reasons that the person made",
    "received": "names of what the person's browser sent, so that nothing is taken twice",
    "removals": "what was removed of calls, and when",
    "rescore_jobs": "runs of scorecards over the past that the person began",
    "results": "every answer of every score, the machine's and the one that holds",
    "review_chances": "with which chance each call was chosen for review",
    "review_draws": "draws by which calls of the agent were chosen for review",
    "review_quotas": "how many calls the person reviews in a day, or set for others",
    "review_rules": "rules of choosing calls for review that the person set",
    "satisfaction": "what customers answered when they were asked how satisfied they were",
    "scorecard_drafts": "drafts of scorecards that the person made or worked on",
    "scorecard_events": "what the person decided about scorecards",
    "scorecard_versions": "which scorecard the scores are by: name, version and title",
    "sessions": "when the person signed in and out, without what opens a session",
    "settings_kept": "settings that the person changed",
    "side_corrections": "corrections of who spoke, and when written conversations went on",
    "signals": "what was measured of calls; of embeddings how many numbers",
    "team_moves": "moves of the agent between teams, or entered by the person",
    "teams": "the teams of the person",
    "threads": "hashes of the messages of written conversations and, keyed, of who took part: by these they are known again",
    "transcripts": "how calls were heard: language, program, ringing and music",
    "turn_marks": "people's word on what a turn of a call shows",
    "turns": "what was said, turn by turn, with times",
    "users": "the account: name, e-mail, role, since when; without the password",
    "webhook_deliveries": "what other programs were told of the calls or plans",
    "webhooks": "addresses at which those tokens have programs told, without what signs it",
    "what_if_answers": "answers that a scorecard under trial would have given",
    "what_if_calls": "scores that a scorecard under trial would have given",
}
"""What the file of a table has in it, for who reads it."""


def left_out(whose: Whose) -> dict[str, str]:
    """The tables that are in no file of this sort, each with the reason."""
    return {table: reason for reason, tables in NOT_FOR[whose].items() for table in tables.split()}
