"""How do figures develop: over weeks, and along one call?

Altair charts in Streamlit's theme. Each has a title that says what it shows, and axes with units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from coaching.feelings import Feeling
from coaching.interrupted import Expected, Side
from coaching.personal import Score
from coaching.trends import Trend
from scoring.journey import Contact, Feelings
from transcripts.model import Speaker, Transcript

AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart

check = False
"""Whether every chart, and each part that it is built of, is held to Vega-Lite's schema. Tests have it so; a page would
take longer for it than for most queries."""

AGENT_COLOUR, CUSTOMER_COLOUR = "#0d8a80", "#c0762a"
"""Dark and light enough to be seen on both grounds, and told apart by people who confuse red and green."""

GREY = "#8a8f94"
"""Lines to compare with: pass marks, targets, zero."""


class _Drawn:
    """A chart as Streamlit asks for it: by `to_dict` alone, which checks what it gives unless it is told not to."""

    def __init__(self, chart: AnyChart) -> None:
        self._chart = chart

    def to_dict(self) -> dict[str, Any]:
        return dict(self._chart.to_dict(validate=check))


@dataclass(frozen=True)
class Kept:
    """A drawing that is kept without its figures, with these; to build one takes longer than a query."""

    drawing: Mapping[str, Any]
    figures: pd.DataFrame
    title: str


_FIGURES = "figures"
"""What the figures are called that a drawing is kept without."""


def _blank() -> alt.Chart:
    return alt.Chart(alt.NamedData(_FIGURES))


def _without_figures(drawing: alt.LayerChart | alt.FacetChart | alt.Chart) -> Mapping[str, Any]:
    return dict(drawing.to_dict(validate=check))


def draw(chart: Callable[[], AnyChart | Kept], on: DeltaGenerator | None = None) -> None:
    """Build a chart and draw it, as wide as there is room, on the page or on a part of it."""
    with alt.utils.schemapi.debug_mode(check):
        built = chart()
        if isinstance(built, Kept):
            figures = {**built.drawing.get("datasets", {}), _FIGURES: built.figures}
            spec = {**built.drawing, "title": built.title, "datasets": figures}
            (on or st).vega_lite_chart(spec=spec, width="stretch")
        else:
            (on or st).altair_chart(_Drawn(built), width="stretch")  # type: ignore[call-overload]


def _weeks(weeks: Iterable[datetime]) -> alt.X:
    """The axis of weeks, labelled at the weeks that there are."""
    days = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in sorted(set(weeks))]
    return alt.X(
        "week:T", title="week beginning", axis=alt.Axis(format="%-d %b", values=days, labelOverlap="parity", grid=False)
    )


def _level(base: alt.Chart, column: str) -> alt.Chart:
    """A dashed line right across, at the mean of a column that is the same in every row."""
    rule: alt.Chart = base.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=GREY).encode(
        y=f"mean({column}):Q", x=alt.value(0), x2=alt.value("width")
    )
    return rule


def scores_over_time(scores: pd.DataFrame, title: str) -> Kept:
    """The mean total of one scorecard by week against its pass mark.

    scores: the rows of one scorecard, as from `storage.queries.scores_by_week`.
    """
    return Kept(_scores_drawing(tuple(scores["week"])), scores, title)


@lru_cache(maxsize=64)
def _scores_drawing(weeks: tuple[datetime, ...]) -> Mapping[str, Any]:
    base = _blank().encode(_weeks(weeks))
    line = base.mark_line(point=alt.OverlayMarkDef(size=35, color=AGENT_COLOUR), strokeWidth=2, color=AGENT_COLOUR).encode(
        y=alt.Y(
            "mean_total:Q", title="mean score", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(values=[0, 25, 50, 75, 100])
        ),
        tooltip=[
            alt.Tooltip("title:N", title="scorecard"),
            alt.Tooltip("week:T", title="week of", format="%-d %b %Y"),
            alt.Tooltip("mean_total:Q", title="mean score", format=".1f"),
            alt.Tooltip("calls:Q", title="calls"),
            alt.Tooltip("passed:Q", title="passed"),
            alt.Tooltip("pass_mark:Q", title="pass mark"),
        ],
    )
    return _without_figures(alt.layer(_level(base, "pass_mark"), line).properties(height=205))


def volume_over_time(volume: pd.DataFrame) -> Kept:
    """Calls by week.

    volume: as from `storage.queries.volume_by_week`.
    """
    return Kept(_volume_drawing(), volume, "Calls by week")


@lru_cache(maxsize=1)
def _volume_drawing() -> Mapping[str, Any]:
    return _without_figures(
        _blank()
        .mark_bar(color=AGENT_COLOUR, opacity=0.7, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X(
                "yearmonthdate(week):O",
                title="week beginning",
                axis=alt.Axis(format="%-d %b", labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("calls:Q", title="calls"),
            tooltip=[
                alt.Tooltip("week:T", title="week of", format="%-d %b %Y"),
                alt.Tooltip("calls:Q", title="calls"),
                alt.Tooltip("hours:Q", title="hours of talk", format=".1f"),
            ],
        )
        .properties(height=205)
    )


def criterion_over_time(trend: Trend, target: float, title: str) -> Kept:
    """The share of points that a criterion earned by week, within the limits of ordinary variation, against its target.

    A dot's size is its number of calls; a week out of the ordinary is a diamond.
    """
    shares = pd.DataFrame(
        [
            {
                "week": week.week,
                "share": week.rate,
                "counted": week.calls,
                "level": week.level,
                "low": week.low,
                "high": week.high,
                "ordinary": "out of the ordinary" if week.outside else "ordinary",
                "part": "after" if trend.shift is not None and week.week >= trend.shift.week else "before",
                "target": target,
            }
            for week in trend.weeks
        ]
    )
    return Kept(_criterion_drawing(tuple(shares["week"])), shares, title)


@lru_cache(maxsize=64)
def _criterion_drawing(weeks: tuple[datetime, ...]) -> Mapping[str, Any]:
    base = _blank().encode(_weeks(weeks))
    y = alt.Y("share:Q", title="points earned", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    part = alt.Detail("part:N")
    limits = base.mark_area(color=GREY, opacity=0.16, interpolate="step").encode(alt.Y("low:Q"), alt.Y2("high:Q"), part)
    level = base.mark_line(color=AGENT_COLOUR, opacity=0.75, strokeWidth=1.5, strokeDash=[2, 3]).encode(
        alt.Y("level:Q"), part
    )
    line = base.mark_line(color=AGENT_COLOUR, strokeWidth=2).encode(y=y)
    dots = base.mark_point(color=AGENT_COLOUR, filled=True, opacity=1).encode(
        y=y,
        size=alt.Size("counted:Q", title="calls", scale=alt.Scale(range=[20, 220]), legend=None),
        shape=alt.Shape(
            "ordinary:N",
            scale=alt.Scale(domain=["ordinary", "out of the ordinary"], range=["circle", "diamond"]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("week:T", title="week of", format="%-d %b %Y"),
            alt.Tooltip("share:Q", title="points earned", format=".0%"),
            alt.Tooltip("counted:Q", title="calls counted"),
            alt.Tooltip("low:Q", title="ordinary from", format=".0%"),
            alt.Tooltip("high:Q", title="ordinary up to", format=".0%"),
            alt.Tooltip("ordinary:N", title="this week"),
        ],
    )
    return _without_figures(alt.layer(limits, _level(base, "target"), level, line, dots).properties(height=250))


def interrupted(weeks: Sequence[Expected], acted_on: date, title: str, *, share: bool) -> AnyChart:
    """What was counted by week (dots), the line that would have been with its band, and the day of the action.

    Weeks that are neither before nor after are hollow dots. share: whether values are shares of 0 to 1.
    """
    form = ".0%" if share else ",.1f"
    rows = pd.DataFrame(
        [
            {
                "week": pd.Timestamp(one.week),
                "observed": one.observed,
                "expected": one.expected,
                "low": one.low,
                "high": one.high,
                "counts": "left out" if one.side is Side.BETWEEN else "counted",
            }
            for one in weeks
        ]
    )
    base = alt.Chart(rows, title=f"{title}: counted (dots), and what would have been (dashed, with its range)")
    base = base.encode(_weeks(rows["week"]))
    y = alt.Y("observed:Q", title="share of contacts" if share else "contacts", axis=alt.Axis(format="%" if share else ",d"))
    band = base.mark_area(color=GREY, opacity=0.18, clip=True).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    would = base.mark_line(color=GREY, strokeWidth=2, strokeDash=[6, 4], clip=True).encode(y="expected:Q")
    line = base.mark_line(color=AGENT_COLOUR, strokeWidth=1, opacity=0.5).encode(y=y)
    dots = base.mark_point(color=AGENT_COLOUR, size=45, opacity=1).encode(
        y=y,
        fill=alt.Fill(
            "counts:N", scale=alt.Scale(domain=["counted", "left out"], range=[AGENT_COLOUR, "transparent"]), legend=None
        ),
        tooltip=[
            alt.Tooltip("week:T", title="week of", format="%-d %b %Y"),
            alt.Tooltip("observed:Q", title="counted", format=form),
            alt.Tooltip("expected:Q", title="would have been", format=form),
            alt.Tooltip("low:Q", title="likely from", format=form),
            alt.Tooltip("high:Q", title="likely to", format=form),
        ],
    )
    action = alt.Chart(pd.DataFrame({"at": [pd.Timestamp(acted_on)], "what": ["action"]}))
    mark = action.mark_rule(color=CUSTOMER_COLOUR, strokeWidth=2).encode(x="at:T")
    name = action.mark_text(align="left", dx=4, y=8, color=CUSTOMER_COLOUR).encode(x="at:T", text="what:N")
    return alt.layer(band, would, line, dots, mark, name).properties(height=280)


def sentiment_rows(transcript: Transcript, valence: Sequence[float]) -> pd.DataFrame:
    """One row a turn of agent or customer: where it stands (seconds, or its number where no times are known) and how it
    sounds, with the mean of each side's last three turns.

    valence: one number a turn of the transcript, -1 to 1.
    """
    rows: list[dict[str, Any]] = []
    recent: dict[Speaker, list[float]] = {Speaker.AGENT: [], Speaker.CUSTOMER: []}
    for n, (turn, sounds) in enumerate(zip(transcript.turns, valence, strict=True)):
        if turn.speaker not in recent:
            continue
        recent[turn.speaker] = [*recent[turn.speaker][-2:], sounds]
        rows.append(
            {
                "place": (turn.start or 0.0) if transcript.timed else n + 1,
                "side": turn.speaker.value.capitalize(),
                "valence": sounds,
                "smooth": sum(recent[turn.speaker]) / len(recent[turn.speaker]),
                "said": turn.text if len(turn.text) <= 120 else turn.text[:119] + "…",
            }
        )
    return pd.DataFrame(rows, columns=["place", "side", "valence", "smooth", "said"])


def sentiment_along_the_call(rows: pd.DataFrame, timed: bool) -> AnyChart:
    """How each side sounds from turn to turn; `rows` as from `sentiment_rows`."""
    colour = alt.Color(
        "side:N",
        title=None,
        scale=alt.Scale(domain=["Agent", "Customer"], range=[AGENT_COLOUR, CUSTOMER_COLOUR]),
        legend=alt.Legend(orient="top", symbolType="stroke"),
    )
    dash = alt.StrokeDash(
        "side:N", scale=alt.Scale(domain=["Agent", "Customer"], range=[[1, 0], [6, 3]]), title=None, legend=None
    )
    minutes = "floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')"
    places = alt.Axis(grid=False, tickMinStep=1, labelExpr=minutes if timed else "datum.label")
    x = alt.X("place:Q", title="minutes and seconds into the call" if timed else "turn", axis=places)
    most = max(0.4, *(1.1 * rows[["valence", "smooth"]].abs().max()))
    scale = alt.Scale(domain=[-most, most])
    axis = alt.Axis(
        values=[-most, 0, most], labelExpr="datum.value > 0 ? 'positive' : datum.value < 0 ? 'negative' : 'neutral'"
    )
    base = alt.Chart(rows, title="Sentiment along the call: each turn, and the mean of a side's last three")
    dots = base.mark_circle(size=42, opacity=0.45).encode(
        x=x,
        y=alt.Y("valence:Q", title=None, scale=scale, axis=axis),
        color=colour,
        tooltip=[
            alt.Tooltip("side:N", title="who"),
            alt.Tooltip("valence:Q", title="sentiment, -1 to 1", format="+.2f"),
            alt.Tooltip("said:N", title="said"),
        ],
    )
    line = base.mark_line(strokeWidth=2.2, interpolate="monotone").encode(
        x=x, y=alt.Y("smooth:Q", title=None, scale=scale, axis=axis), color=colour, strokeDash=dash
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=GREY, strokeWidth=1).encode(y="y:Q")
    return alt.layer(zero, dots, line).properties(height=360)


def score_with_doubt(score: Score) -> Kept:
    """One person's mean total by week against the pass mark, with the range in which each week's mean is likely."""
    weeks = pd.DataFrame(
        [
            {
                "week": pd.Timestamp(week.week),
                "mean": week.mean,
                "low": week.mean if week.low is None else week.low,
                "high": week.mean if week.high is None else week.high,
                "calls": week.calls,
                "mark": score.pass_mark,
            }
            for week in score.weeks
        ]
    )
    return Kept(_doubt_drawing(tuple(weeks["week"])), weeks, f"{score.title}: mean score of 100")


@lru_cache(maxsize=64)
def _doubt_drawing(weeks: tuple[datetime, ...]) -> Mapping[str, Any]:
    base = _blank().encode(_weeks(weeks))
    scale = alt.Scale(domain=[0, 100])
    band = base.mark_area(color=AGENT_COLOUR, opacity=0.18).encode(
        y=alt.Y("low:Q", title="mean score", scale=scale, axis=alt.Axis(values=[0, 25, 50, 75, 100])), y2="high:Q"
    )
    line = base.mark_line(point=alt.OverlayMarkDef(size=35, color=AGENT_COLOUR), strokeWidth=2, color=AGENT_COLOUR).encode(
        y=alt.Y("mean:Q", scale=scale),
        tooltip=[
            alt.Tooltip("week:T", title="week of", format="%-d %b %Y"),
            alt.Tooltip("mean:Q", title="mean score", format=".0f"),
            alt.Tooltip("low:Q", title="likely from", format=".0f"),
            alt.Tooltip("high:Q", title="to", format=".0f"),
            alt.Tooltip("calls:Q", title="calls"),
        ],
    )
    return _without_figures(alt.layer(band, _level(base, "mark"), line).properties(height=230))


def feelings_chart(found: Sequence[Feeling], title: str) -> Kept:
    """The customers' sentiment at the start, at its lowest and at the end, a line for each group, in the order given.

    The three are told apart by their shapes, so that it can be read in print and without colour.
    """
    points = pd.DataFrame(
        [
            {"name": one.name, "moment": moment, "valence": value, "calls": one.calls}
            for one in found
            for moment, value in (("start", one.start), ("lowest", one.lowest), ("end", one.end))
        ]
    )
    return Kept(_feelings_drawing(tuple(one.name for one in found)), points, title)


@lru_cache(maxsize=64)
def _feelings_drawing(names: tuple[str, ...]) -> Mapping[str, Any]:
    moments = ["start", "lowest", "end"]
    y = alt.Y("name:N", title=None, sort=list(names), axis=alt.Axis(labelLimit=220, grid=True))
    scale = alt.Scale(domain=[-1, 1])
    axis = alt.Axis(values=[-1, -0.5, 0, 0.5, 1], labelExpr=_FELT)
    zero = alt.Chart(alt.InlineData([{"x": 0}])).mark_rule(color=GREY, strokeWidth=1).encode(x="x:Q")
    least, most = alt.X("min(valence):Q", title=None), "max(valence):Q"
    line = _blank().mark_rule(color=GREY, strokeWidth=1.5).encode(x=least, x2=most, y=y)
    dots = (
        _blank()
        .mark_point(size=85, strokeWidth=1.8, filled=True, opacity=1)
        .encode(
            x=alt.X("valence:Q", title=None, scale=scale, axis=axis),
            y=y,
            shape=alt.Shape(
                "moment:N",
                title=None,
                sort=moments,
                scale=alt.Scale(domain=moments, range=["circle", "triangle-down", "square"]),
                legend=alt.Legend(orient="top"),
            ),
            color=alt.Color(
                "moment:N",
                title=None,
                sort=moments,
                scale=alt.Scale(domain=moments, range=[GREY, CUSTOMER_COLOUR, AGENT_COLOUR]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="calls of"),
                alt.Tooltip("moment:N", title="at the"),
                alt.Tooltip("valence:Q", title="sentiment, -1 to 1", format="+.2f"),
                alt.Tooltip("calls:Q", title="calls"),
            ],
        )
    )
    return _without_figures(alt.layer(zero, line, dots).properties(height=alt.Step(26)))


def _days(moments: pd.Series) -> alt.Axis:
    """An axis of days on which none stands twice: of a few days each has a tick, of one day there are times."""
    span = moments.max() - moments.min()
    named: dict[str, Any] = {"format": "%-d %b %Y", "labelOverlap": "greedy", "grid": False}
    if pd.Timedelta(0) < span < pd.Timedelta(days=1):
        named["format"] = "%-d %b %Y %H:%M"
    elif span < pd.Timedelta(days=14):
        named["tickCount"] = "day"
    return alt.Axis(**named)


_FELT = "datum.value > 0.9 ? 'positive' : datum.value < -0.9 ? 'negative' : datum.value == 0 ? 'neutral' : ''"


def journey(contacts: Sequence[Contact], felt: Feelings | None, channels: Mapping[str, str]) -> AnyChart:
    """One customer's conversations along the time, by how they ended, with the peak and the end of all marked.

    Who began tells by colour and by filling, the channel by shape; what was not measured lies on zero, small and pale.
    channels: what the ways of conversations are called.
    """
    rows = pd.DataFrame(
        [
            {
                "at": one.at,
                "ended": 0.0 if one.valence_end is None else one.valence_end,
                "measured": "measured" if one.valence_end is not None else "not measured",
                "channel": channels.get(one.channel, one.channel),
                "began": "we" if one.ours else "the customer",
                "about": one.reason or "not given",
            }
            for one in contacts
        ]
    )
    y = alt.Y("ended:Q", title="sentiment at the end", scale=alt.Scale(domain=[-1, 1]), axis=alt.Axis(tickCount=5))
    x = alt.X("at:T", title=None, axis=_days(rows["at"]))
    base = alt.Chart(rows)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[5, 4]).encode(y="zero:Q")
    line = base.transform_filter("datum.measured == 'measured'").mark_line(color=GREY, strokeWidth=1.5).encode(x=x, y=y)
    dots = base.mark_point(filled=True, opacity=1).encode(
        x=x,
        y=y,
        shape=alt.Shape("channel:N", title="channel", legend=alt.Legend(symbolFillColor=GREY, symbolStrokeColor=GREY)),
        color=alt.Color(
            "began:N",
            title="who began",
            scale=alt.Scale(domain=["the customer", "we"], range=[CUSTOMER_COLOUR, AGENT_COLOUR]),
        ),
        size=alt.condition("datum.measured == 'measured'", alt.value(110), alt.value(30)),
        tooltip=[
            alt.Tooltip("at:T", title="when", format="%-d %b %Y %H:%M"),
            alt.Tooltip("channel:N", title="channel"),
            alt.Tooltip("began:N", title="who began"),
            alt.Tooltip("about:N", title="about"),
            alt.Tooltip("ended:Q", title="sentiment at the end", format="+.2f"),
            alt.Tooltip("measured:N", title="sentiment"),
        ],
    )
    layers: list[alt.Chart] = [zero, line, dots]
    if felt is not None:
        when = {one.call_id: one.at for one in contacts}
        marks = pd.DataFrame(
            [
                {"at": when[felt.peak_call], "value": felt.peak, "name": "peak"},
                {"at": when[felt.end_call], "value": felt.end, "name": "end"},
            ]
        )
        of_marks = alt.Chart(marks).encode(x="at:T", y="value:Q")
        layers.append(of_marks.mark_point(shape="stroke", size=400, strokeWidth=2.5, color=GREY))
        layers.append(of_marks.mark_text(dy=-12, fontWeight="bold", fontSize=12, color=GREY).encode(text="name:N"))
    return alt.layer(*layers).properties(height=260)
