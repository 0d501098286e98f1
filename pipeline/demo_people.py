"""Who can sign in to the demonstration? Invented people, every one of them."""

from dataclasses import dataclass

from samples.written.truth import planted_partner
from storage.access import Role

HOME, TRAVEL = "Home and Utilities", "Travel and Retail"


@dataclass(frozen=True)
class DemoPerson:
    """An invented person who can sign in to the demonstration; of a partner, where an organisation is named."""

    name: str
    email: str
    role: Role
    teams: tuple[str, ...] = ()
    agent: str | None = None
    organisation: str | None = None


ADMINISTRATOR = DemoPerson("Ada Winter", "admin@attune.example", Role.ADMINISTRATOR)
QUALITY = DemoPerson("Mira Holt", "quality@attune.example", Role.QUALITY_MANAGER)
REVIEWERS = (
    DemoPerson("Rosa Lind", "reviewer@attune.example", Role.REVIEWER),
    DemoPerson("Idris Vane", "reviewer2@attune.example", Role.REVIEWER),
    DemoPerson("Paula Grant", "reviewer3@attune.example", Role.REVIEWER),
)
COACH = DemoPerson("Conrad Bell", "coach@attune.example", Role.COACH, teams=(HOME, TRAVEL))
PARTNERS_COACH = DemoPerson("Petra Quill", "partner@attune.example", Role.COACH, organisation=planted_partner().name)
AGENTS = tuple(
    DemoPerson(name, f"{name.split()[0].lower()}@attune.example", Role.AGENT, agent=name)
    for name in ("Nadia Osei", "Amy Kowalski", "Tom Fairley", "Priya Nair", "Grace Whitlock", "Daniel Marsh")
)
PEOPLE = (ADMINISTRATOR, QUALITY, *REVIEWERS, COACH, PARTNERS_COACH, *AGENTS)
