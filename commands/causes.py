"""What makes customers call, and what came of what was done about it, from the command line?"""

from typing import Any

import click

from commands.common import answer
from settings import settings


@click.group("causes")
def causes() -> None:
    """The board of causes: what each costs, what is done about it by whom, and what that brought about."""


@causes.command("list")
@click.option("--all", "every", is_flag=True, help="Those that were followed up or set aside, too.")
def list_all(every: bool) -> None:
    """List the causes, what was changed last first, with what each costs a week."""
    from pipeline.causes import cause_figures
    from storage.access import SYSTEM
    from storage.causes import CauseState, list_causes
    from storage.database import open_database, reading

    done = (CauseState.FOLLOWED_UP, CauseState.SET_ASIDE)
    with reading(open_database(settings().url)) as session:
        for one in list_causes(session, SYSTEM):
            if every or one.draft.state not in done:
                answer(_said(cause_figures(session, SYSTEM, one.id)))


@causes.command("show")
@click.argument("cause", type=int)
def show(cause: int) -> None:
    """Show one cause: its evidence, its cost, and what its action brought about against the trend that would have been."""
    from dataclasses import asdict

    from coaching.interrupted import Effect
    from pipeline.causes import cause_figures
    from storage.access import SYSTEM
    from storage.causes import evidence_of
    from storage.database import open_database, reading

    with reading(open_database(settings().url)) as session:
        figures = cause_figures(session, SYSTEM, cause)
        evidence = evidence_of(session, SYSTEM, cause)
    effects: dict[str, Any] = {}
    for outcome, effect in figures.effects.items():
        plain = asdict(effect)
        if isinstance(effect, Effect):
            plain |= {"says": effect.says.value, "weeks": len(effect.weeks)}
        else:
            plain["will_be"] = effect.will_be.isoformat() if effect.will_be else None
        effects[outcome.value] = plain
    draft = figures.cause.draft
    answer(
        {
            **_said(figures),
            "description": draft.description,
            "action": draft.action,
            "evidence": [one.call_id for one in evidence],
            "effects": effects,
            "worth": None if figures.worth is None else asdict(figures.worth),
            "other_changes": [
                {"kind": one.kind.value, "on": one.on.isoformat(), "title": one.title} for one in figures.others
            ],
        }
    )


def _said(figures: Any) -> dict[str, Any]:
    draft, cost = figures.cause.draft, figures.cost
    return {
        "id": figures.cause.id,
        "title": draft.title,
        "reason": draft.reason,
        "state": draft.state.value,
        "owner": draft.owner,
        "department": draft.department,
        "acted_on": draft.acted_on.isoformat() if draft.acted_on else None,
        "contacts_a_week": None if cost is None else round(cost.contacts, 1),
        "mean_seconds": None if cost is None or cost.mean_seconds is None else round(cost.mean_seconds),
        "hours_a_week": None if cost is None or cost.hours is None else round(cost.hours, 1),
        "again_in_7_days_a_week": None if cost is None or cost.soon is None else round(cost.soon, 1),
        "again_in_30_days_a_week": None if cost is None or cost.later is None else round(cost.later, 1),
    }
