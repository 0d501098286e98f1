"""Who does what how often, by the planted truth?

Reads `truth.yaml`, and answers with rates: the chance that an agent shows a behaviour in a call of a given week, and that
a call about something is passed on. What a partner's people lack, and what customers say when they are asked, stands there
too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from samples.written.grammar import read_data


@dataclass(frozen=True)
class PlantedTeam:
    """A team, the scorecards its calls are judged with, and the rates in which the whole team differs."""

    key: str
    name: str
    scorecards: tuple[str, ...]
    lacks: Mapping[str, float]


@dataclass(frozen=True)
class PlantedAgent:
    """An agent and what was planted in them.

    `skill` moves every usual rate, in logits. `gaps` are rates of their own, `later` those from week `from_week` on.
    `story` is one of improves, worsens, gap, excellent, few_calls, ordinary. `calls` fixes the number of calls.
    """

    name: str
    team: str
    style: str
    skill: float
    story: str
    gaps: Mapping[str, float]
    from_week: int | None = None
    later: Mapping[str, float] | None = None
    share: float = 1.0
    calls: int | None = None


@dataclass(frozen=True)
class Truth:
    """The whole of `truth.yaml`. `shown_by` says which criteria of the shipped scorecards ask about a behaviour.

    `usually_passed_on` is the chance that a call is passed on, `passed_on` that of calls about matters of their own; so are
    `usually_again` and `again` that it is of somebody who was in touch about the same within the week before, where there is
    anybody.
    """

    weeks: int
    usual: Mapping[str, float]
    teams: Mapping[str, PlantedTeam]
    agents: tuple[PlantedAgent, ...]
    shown_by: Mapping[str, tuple[tuple[str, str], ...]]
    usually_passed_on: float
    passed_on: Mapping[str, float]
    usually_again: float
    again: Mapping[str, float]

    def rate(self, agent: PlantedAgent, behaviour: str, week: int) -> float:
        """The chance, 0 to 1, that the agent shows the behaviour in a call of that week (1 is the first)."""
        if agent.later is not None and agent.from_week is not None and week >= agent.from_week and behaviour in agent.later:
            return agent.later[behaviour]
        if behaviour in agent.gaps:
            return agent.gaps[behaviour]
        base = self.teams[agent.team].lacks.get(behaviour, self.usual[behaviour])
        return 1 / (1 + math.exp(-(math.log(base / (1 - base)) + agent.skill)))

    def passes_on(self, reason: str) -> float:
        """The chance, 0 to 1, that a call about this is passed on."""
        return self.passed_on.get(reason, self.usually_passed_on)

    def calls_again(self, reason: str) -> float:
        """The chance, 0 to 1, that a call about this is of somebody who was in touch about it in the week before."""
        return self.again.get(reason, self.usually_again)

    def agent(self, name: str) -> PlantedAgent:
        """The agent of that name; KeyError where there is none."""
        for agent in self.agents:
            if agent.name == name:
                return agent
        raise KeyError(name)


@dataclass(frozen=True)
class PlantedPartner:
    """A company that takes so many calls for the centre, with the truth of its team and its agents. `kind` is what it is to
    the centre, as `storage.organisations` calls it."""

    name: str
    kind: str
    calls: int
    truth: Truth


@dataclass(frozen=True)
class PlantedSatisfaction:
    """What customers answer: a share `answers` of them does; that goes with how often the agent showed these `behaviours` in
    their calls, as far as `goes_along`, a correlation of 0 to 1."""

    answers: float
    goes_along: float
    behaviours: tuple[str, ...]


@lru_cache(maxsize=1)
def planted_truth() -> Truth:
    """What `truth.yaml` says."""
    data = read_data("truth.yaml")
    teams = {
        key: PlantedTeam(key, team["name"], tuple(team["scorecards"]), dict(team.get("lacks", {})))
        for key, team in data["teams"].items()
    }
    agents = tuple(
        PlantedAgent(
            name=agent["name"],
            team=agent["team"],
            style=agent["style"],
            skill=float(agent["skill"]),
            story=agent["story"],
            gaps=dict(agent.get("gaps", {})),
            from_week=agent["changes"]["from_week"] if "changes" in agent else None,
            later=dict(agent["changes"]["rates"]) if "changes" in agent else None,
            share=float(agent.get("share", 1.0)),
            calls=agent.get("calls"),
        )
        for agent in data["agents"]
    )
    shown_by = {
        behaviour: tuple((pair["scorecard"], pair["criterion"]) for pair in pairs)
        for behaviour, pairs in data.get("shown_by", {}).items()
    }
    passed_on, again = data["passed_on"], data["again"]
    return Truth(
        int(data["weeks"]),
        dict(data["usual"]),
        teams,
        agents,
        shown_by,
        float(passed_on["usual"]),
        dict(passed_on["by_reason"]),
        float(again["usual"]),
        dict(again["by_reason"]),
    )


@lru_cache(maxsize=1)
def planted_partner() -> PlantedPartner:
    """The company of `truth.yaml`, whose team takes calls like one of the centre's own."""
    data = read_data("truth.yaml")["partner"]
    centre, key = planted_truth(), str(data["like"])
    team = replace(centre.teams[key], name=data["team"], lacks=dict(data["lacks"]))
    agents = tuple(_agent_of_partner(one, key) for one in data["agents"])
    truth = replace(centre, teams={key: team}, agents=agents)
    return PlantedPartner(str(data["name"]), str(data["kind"]), int(data["calls"]), truth)


def _agent_of_partner(agent: Mapping[str, Any], team: str) -> PlantedAgent:
    return PlantedAgent(agent["name"], team, agent["style"], float(agent["skill"]), "ordinary", {})


@lru_cache(maxsize=1)
def planted_satisfaction() -> PlantedSatisfaction:
    """What `truth.yaml` says of customers' answers."""
    data = read_data("truth.yaml")["satisfaction"]
    return PlantedSatisfaction(float(data["answers"]), float(data["goes_along"]), tuple(data["with"]))
