"""Which roles can a person have?

In a file of its own, because both the tables and the rule of who sees what speak of them.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person is here to do; it decides what they see."""

    ADMINISTRATOR = "administrator"
    QUALITY_MANAGER = "quality_manager"
    REVIEWER = "reviewer"
    COACH = "coach"
    AGENT = "agent"
