"""What kinds of questions can a scorecard ask, and how is each answered from a conversation?"""

from scoring.criteria.base import Context, Judgement, Kind, Place
from scoring.criteria.registry import (
    KINDS,
    CheckedCard,
    check_data,
    check_scorecard,
    check_text,
    load_checked,
    parse_checked,
    rule_from,
)

__all__ = [
    "KINDS",
    "CheckedCard",
    "Context",
    "Judgement",
    "Kind",
    "Place",
    "check_data",
    "check_scorecard",
    "check_text",
    "load_checked",
    "parse_checked",
    "rule_from",
]
