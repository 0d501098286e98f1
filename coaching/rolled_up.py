"""How do the counts of single questions become those of a section, or of a behaviour that several questions ask about?

What comes out has the columns of the counts that went in, so that rates, gaps and strengths are found in it as in those. The
questions of one call are answered by the same person in the same hour: they are not independent, and to count each as a call
of its own would make every section look certain. A section counts as many calls as its questions do in the mean, which is
on the safe side: its interval is that of one question, though it is an average of several.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Key = tuple[str, str]
"""A scorecard's id and a criterion's."""


def by_section(counts: pd.DataFrame, titles: Mapping[Key, str], default_target: float = 0.8) -> pd.DataFrame:
    """The counts of sections, by agent or team.

    counts: as for `coaching.gaps.rates`. titles: the title of the section that a criterion stands in; without one, its id.
    """
    questions = counts.drop_duplicates(["scorecard", "criterion"])
    keys = list(zip(questions["scorecard"], questions["criterion"], strict=True))
    names = [titles.get(key, section) for key, section in zip(keys, questions["section"], strict=True)]
    asked = counts.groupby(["scorecard", "criterion"], sort=False).ngroup().to_numpy()  # numbered as they first appear
    question = pd.Series(names, dtype="str").take(asked).set_axis(counts.index)
    return _together(counts.assign(criterion=counts["section"], question=question), default_target)


def by_behaviour(counts: pd.DataFrame, behaviours: Mapping[Key, Sequence[str]], default_target: float = 0.8) -> pd.DataFrame:
    """The counts of behaviours over all scorecards, by agent or team; a question about two counts for both.

    behaviours: the names of those that a criterion asks about. Questions that ask about none are left out.
    """
    asked = counts.groupby(["scorecard", "criterion"], sort=False).ngroup().to_numpy()  # numbered as they first appear
    questions = counts.drop_duplicates(["scorecard", "criterion"])
    keys = zip(questions["scorecard"], questions["criterion"], strict=True)
    of_question = [list(behaviours.get(key, ())) for key in keys]
    rows = np.repeat(np.arange(len(counts)), np.array([len(of_question[number]) for number in asked], np.int64))
    words = pd.Series([name for number in asked for name in of_question[number]], dtype="str")
    told = counts.take(rows).reset_index(drop=True).assign(scorecard="behaviours", title="Behaviours", section="behaviours")
    return _together(told.assign(question=words.map(_in_words), criterion=words), default_target)


def _in_words(behaviour: str) -> str:
    return behaviour.replace("_", " ").capitalize()


def _together(counts: pd.DataFrame, default_target: float) -> pd.DataFrame:
    """One row for each agent or team and `criterion`, by the weights of what is put together."""
    weight = counts["weight"]
    target = counts["target"].fillna(default_target)
    whole = counts.assign(tip="", target=target * weight, earned=counts["points"] * weight, asked=counts["counted"] * weight)
    expected = {"expected": weight * counts["counted"] * counts["expected"]} if "expected" in counts else {}
    groups = whole.assign(**expected).groupby(["id", "name", "scorecard", "criterion"], as_index=False, sort=False)
    sums = {name: (name, "sum") for name in ("weight", "target", "earned", "asked", *expected)}
    firsts = {name: (name, "first") for name in ("team_id", "title", "section", "question", "tip")}
    found = groups.agg(**firsts, **sums)
    counted = found["asked"] / found["weight"]
    share = (found["earned"] / found["asked"]).where(found["asked"] > 0, 0.0)
    together = found.assign(target=found["target"] / found["weight"], counted=counted, points=share * counted)
    if expected:
        together["expected"] = (found["expected"] / found["asked"]).where(found["asked"] > 0)
    return together.drop(columns=["earned", "asked"])
