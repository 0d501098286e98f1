"""What somebody may be told of colleagues: a range of at least five of them, and nothing by which one could be made out."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from coaching.personal import PeerRange
from storage.access import SYSTEM, Asker, Role
from storage.database import reading, transaction
from storage.peers import FEWEST_CALLS, peer_rates, peer_totals
from storage.repository import store_scored_call
from storage.tables import AgentRow, TeamRow
from tests.storage.build import a_scored_call
from tests.storage.contents import Once

START, END = date(2025, 3, 1), date(2025, 3, 31)
ASKED = [("care", "listens"), ("care", "thanks")]


def store(engine: Engine, agent: str, missed: int, *, calls: int = FEWEST_CALLS, queue: str = "parcels") -> None:
    """So many calls of an agent, in the first `missed` of which the customer is not listened to (2 of 5 points)."""
    with transaction(engine) as session:
        for number in range(calls):
            call = a_scored_call(
                f"{agent} {number}",
                agent=agent,
                queue=queue,
                started_at=datetime(2025, 3, 5, tzinfo=UTC) + timedelta(days=number),
                verdicts={"listens": "not_met"} if number < missed else {},
            )
            assert store_scored_call(session, call)


def agent(engine: Engine, name: str) -> Asker:
    with reading(engine) as session:
        return Asker(1, Role.AGENT, agent_id=session.scalars(select(AgentRow.id).where(AgentRow.name == name)).one())


def ana_and(engine: Engine, peers: int) -> None:
    """Ana, and so many colleagues."""
    store(engine, "Ana Ruiz", 5)
    for number in range(peers):
        store(engine, f"Peer {number}", number % 5)


def test_four_colleagues_give_nothing_and_five_a_range(engine: Engine, once: Once) -> None:
    once(ana_and, 4)
    ana = agent(engine, "Ana Ruiz")
    assert ana.agent_id is not None
    with reading(engine) as session:
        assert peer_rates(session, ana, ana.agent_id, START, END, ASKED) == {}
        assert peer_totals(session, ana, ana.agent_id, START, END) == {}
    store(engine, "Peer 4", 4)
    with reading(engine) as session:
        found = peer_rates(session, ana, ana.agent_id, START, END, ASKED)
        # Shares of 1, 0.8, 0.6, 0.4 and 0.2: the middle half is 0.4 to 0.8.
        assert found == {("care", "listens"): PeerRange(0.4, 0.8, 5), ("care", "thanks"): PeerRange(1.0, 1.0, 5)}
        assert peer_totals(session, ana, ana.agent_id, START, END) == {"care": PeerRange(0.75, 0.95, 5)}


def test_whoever_has_too_few_calls_or_other_calls_is_no_colleague(engine: Engine, once: Once) -> None:
    once(ana_and, 4)
    store(engine, "New", 0, calls=FEWEST_CALLS - 1)
    store(engine, "Elsewhere", 0, queue="complaints")
    ana = agent(engine, "Ana Ruiz")
    assert ana.agent_id is not None
    with reading(engine) as session:
        assert peer_rates(session, ana, ana.agent_id, START, END, ASKED) == {}
        assert peer_totals(session, ana, ana.agent_id, START, END) == {}


def test_a_range_is_rounded_outwards_so_that_no_figure_of_one_person_stands_in_it(engine: Engine) -> None:
    store(engine, "Ana Ruiz", 5)
    for number, missed in enumerate((1, 1, 2, 3, 3)):
        store(engine, f"Peer {number}", missed, calls=7)
    ana = agent(engine, "Ana Ruiz")
    assert ana.agent_id is not None
    with reading(engine) as session:
        found = peer_rates(session, ana, ana.agent_id, START, END, ASKED)["care", "listens"]
    assert (found.low, found.high) == (0.55, 0.9)  # of 4/7 and 6/7


@pytest.mark.parametrize("role", [Role.AGENT, Role.COACH])
def test_of_somebody_elses_colleagues_nobody_is_told_anything(engine: Engine, once: Once, role: Role) -> None:
    once(ana_and, 6)
    ana, peer = agent(engine, "Ana Ruiz"), agent(engine, "Peer 0")
    assert ana.agent_id is not None
    with reading(engine) as session:
        team = session.scalars(select(TeamRow.id)).one()
        stranger = peer if role is Role.AGENT else Asker(1, role, team_ids=frozenset({team + 1}))
        assert peer_totals(session, stranger, ana.agent_id, START, END) == {}
        assert peer_rates(session, stranger, ana.agent_id, START, END, ASKED) == {}
        for may in (ana, SYSTEM, Asker(1, Role.COACH, team_ids=frozenset({team}))):
            assert peer_totals(session, may, ana.agent_id, START, END)["care"].peers == 6
