"""Why are customers in touch, in two levels, and what does each reason cost customers and agents?

Puts the counts of `storage.queries.reasons` together, so that the page and the command line say the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from coaching.processes import ProcessRate
from coaching.reasons import Volume, reason_rates, volumes
from scoring.reasons.judge import State
from scoring.reasons.tree import Reason, Tree, read_tree, write_tree
from storage import reason_proposals, reason_trees, reasons
from storage.access import Asker
from storage.course_cells import NOT_READ
from storage.database import reading, transaction
from storage.records import CallFilter

GIVEN_GROUP = "Given, not in the tree"
WITHOUT: Mapping[str, str] = {
    State.UNSURE.value: "Unsure",
    State.NONE.value: "Nothing fits",
    NOT_READ: "Not read yet",
}
"""What conversations without a reason are called."""


@dataclass(frozen=True)
class Row:
    """A group, a reason, or what has none.

    key: unique among its level. reason, given, state: what `storage.queries.reason_calls` finds its conversations by; empty
    of a group. `volume` of all conversations, `before` the share in the period before, NaN where there is none. `rates` by
    the names of `coaching.reasons.RATES`; missing where nothing is known. start, end: the customer's sentiment, -1 to 1;
    seconds: a conversation's mean length. NaN where not known. checked: how many were given or said by a person.
    """

    key: str
    group: str
    title: str
    reason: str
    given: str
    state: str
    volume: Volume
    before: float
    rates: Mapping[str, ProcessRate]
    start: float
    end: float
    seconds: float
    checked: int

    @property
    def has_reason(self) -> bool:
        """Whether it is a reason, and not what has none."""
        return self.state == State.FITS.value


def by_reason(counts: pd.DataFrame, titles: Mapping[str, tuple[str, str]], before: pd.DataFrame | None = None) -> list[Row]:
    """Every reason, those with most conversations first, what has none last.

    counts, before: as from `storage.queries.reason_counts`; titles: as from `storage.queries.reason_titles`.
    """
    named = _named(counts, titles)
    return _rows(named, None if before is None else _named(before, titles))


def by_group(counts: pd.DataFrame, titles: Mapping[str, tuple[str, str]], before: pd.DataFrame | None = None) -> list[Row]:
    """Every group, as `by_reason`."""

    def grouped(table: pd.DataFrame) -> pd.DataFrame:
        named = _named(table, titles)
        named = named.assign(key=named["group"], name=named["group"], title=named["group"], reason="", given="")
        numbers = [name for name in named.columns if name not in _WORDS]
        return named.groupby(list(_WORDS), as_index=False, sort=False)[numbers].sum()

    return _rows(grouped(counts), None if before is None else grouped(before))


_WORDS = ("key", "group", "title", "name", "reason", "given", "state")


def _named(counts: pd.DataFrame, titles: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """The counts with the words that they are shown by."""
    groups, names, keys = [], [], []
    for reason, given, state in zip(counts["reason"], counts["given"], counts["state"], strict=True):
        if reason:
            group, title = titles.get(reason, ("", reason))
        elif given:
            group, title = GIVEN_GROUP, given
        else:
            group = title = WITHOUT[state]
        groups.append(group)
        names.append(title)
        keys.append(f"{state}|{reason}|{given}")
    return counts.assign(key=keys, group=groups, title=names, name=names)


def _rows(counts: pd.DataFrame, before: pd.DataFrame | None) -> list[Row]:
    if counts.empty:
        return []
    rates = reason_rates(counts)
    sizes = volumes(list(counts["key"]), [int(one) for one in counts["calls"]])
    earlier = {}
    if before is not None and len(before):
        earlier = dict(zip(before["key"], before["calls"] / before["calls"].sum(), strict=True))
    found = []
    for _, one in counts.iterrows():
        key = str(one["key"])
        own = {name: by_key[key] for name, by_key in rates.items() if key in by_key}
        felt = one["felt"] or np.nan
        found.append(
            Row(
                key=key,
                group=str(one["group"]),
                title=str(one["title"]),
                reason=str(one["reason"]),
                given=str(one["given"]),
                state=str(one["state"]),
                volume=sizes[key],
                before=float(earlier.get(key, 0.0)) if earlier else float("nan"),
                rates=own,
                start=float(one["start"] / felt),
                end=float(one["end"] / felt),
                seconds=float(one["seconds"] / (one["timed"] or np.nan)),
                checked=int(one["by_person"] + one["by_given"]),
            )
        )
    return sorted(found, key=lambda row: (not row.has_reason, -row.volume.calls, row.title))


def period_before(filter: CallFilter, last: pd.Timestamp | None) -> CallFilter | None:
    """The period of the same length before this one; None where this one has no beginning."""
    if filter.start is None or last is None:
        return None
    end = filter.start - timedelta(days=1)
    return replace(filter, start=filter.start - (last.date() - end), end=end)


def listed(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a table to take along, with columns named as people read them."""
    names = {
        "first": "Answered at first contact",
        "soon": "In touch again within 7 days",
        "later": "In touch again within 30 days",
        "hold": "Long on hold",
        "transfer": "Passed on",
    }

    def rate(row: Row, name: str, part: str) -> float:
        return getattr(row.rates[name], part) if name in row.rates else float("nan")

    return pd.DataFrame(
        [
            {
                "Group": row.group,
                "Reason": row.title,
                "Conversations": row.volume.calls,
                "Share": row.volume.share,
                "Share likely from": row.volume.low,
                "Share likely to": row.volume.high,
                "Share in the period before": row.before,
                **{
                    f"{title}{suffix}": rate(row, name, part)
                    for name, title in names.items()
                    for suffix, part in (
                        ("", "observed"), (", known of", "calls"), (", likely from", "low"), (", likely to", "high"),
                    )
                },
                "Sentiment at the start": row.start,
                "Sentiment at the end": row.end,
                "Mean seconds": row.seconds,
                "Given, or said by a person": row.checked,
            }
            for row in rows
        ]
    )  # fmt: skip


def change_tree(engine: Engine, asker: Asker, tree: Tree | None = None, say: Callable[[str], None] = lambda _: None) -> int:
    """Teach a tree, or the one in force from what people said since, and put it in force; the version's id.

    Raises NotAllowed, and what teaching and putting in force raise.
    """
    with reading(engine) as session:
        wanted = tree or reasons.tree_in_force(session).judge.tree
        say("Learning from the examples and from corrections")
        taught = reason_trees.teach_tree(session, asker, wanted)
    with transaction(engine) as session:
        return reason_trees.put_tree_in_force(session, asker, taught)


def accept_proposal(engine: Engine, asker: Asker, proposal_id: int, group_id: str, id_: str, title: str) -> int:
    """Make a proposal a reason, and put the tree that has it in force; the version's id. Raises as its parts do."""
    with transaction(engine) as session:
        tree = reason_proposals.accept(session, asker, proposal_id, group_id, Reason(id_, title))
        taught = reason_trees.teach_tree(session, asker, read_tree(write_tree(tree)))
        return reason_trees.put_tree_in_force(session, asker, taught)
