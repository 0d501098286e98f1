"""What did teaching the judge show, in a form for people?

Written beside the judge by `python -m scoring.behaviours`: `report.md`, a table of every behaviour on turns that were left
out of teaching, and `reliability.svg`, which sets the probabilities that were told against what came true.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scoring.behaviours.corpus import behaviours
from scoring.behaviours.judge import DOUBT

REPORT, PLOT = "report.md", "reliability.svg"
SIZE, MARGIN = 320, 40


def write_report(folder: Path, about: Mapping[str, Any]) -> None:
    """Both files, from what is written in judge.json."""
    (folder / REPORT).write_text(as_markdown(about), encoding="utf-8")
    (folder / PLOT).write_text(as_plot(about["figures"]["reliability"]), encoding="utf-8")


def as_markdown(about: Mapping[str, Any]) -> str:
    """The table of figures with what they are."""
    figures = about["figures"]
    reliability, feelings = figures["reliability"], figures["reliability_of_feelings"]
    lines = [
        "# The judge of behaviours, on turns that it was not taught on",
        "",
        "Written by `python -m scoring.behaviours`, which teaches the judge from `scoring/behaviours/corpus`; do not edit.",
        "",
        f"- Turns in the corpus: {about['turns']:,}. Half of the scenes and conversations taught a judge that answered",
        "  the other half, and the other way round; every figure is from such answers. The shipped judge was taught on all.",
        f"- SHA-256 of its weights: `{about['sha256']}`.",
        f"- SHA-256 of the corpus: `{about['corpus']}`, of the dialogues: `{about['dialogues']}`.",
        "- The two answers of feeling were taught again on top of the layers, from the corpus and from",
        f"  {about['dialogue_turns']:,} lines of whole dialogues that the layers had not seen; their figures are of these",
        "  lines, each scene answered by what was not taught on it.",
        f"- Probabilities between {DOUBT:.2f} and {1 - DOUBT:.2f} are left to a person: asking costs a quarter of what a",
        "  wrong verdict costs (Chow 1970).",
        "- *Examples* are single turns with as many near misses, harder than real life. *Conversations* are whole, with",
        "  every turn labelled, so that a behaviour is as rare as it is there.",
        "- *From* is the probability from which a behaviour is said to be there where one answer has to be given without a",
        "  person (`cli.py detect`): half of the best F1 on all these turns (Lipton, Elkan and Narayanaswamy 2014).",
        "- Kappa is Cohen's, in brackets its interval of 90 %, drawn over scenes. *Found* is the share of the turns with",
        "  the behaviour that were given that probability or more, *right* the share of those given it which have it.",
        "",
        "| behaviour | from | examples: turns | kappa | found | right | conversations: with it | kappa | found | right |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, one in figures["by_output"].items():
        title = behaviours()[name].title if name in behaviours() else name.replace("_", " ")
        both = f"{_cells(one.get('examples'), 'turns')} | {_cells(one.get('conversations'), 'present')}"
        lines.append(f"| {title} | {about['present_from'][name]:.2f} | {both} |")
    lines += [
        "",
        "## How far a probability is right",
        "",
        f"Expected calibration error: {reliability['expected_calibration_error']:.3f} (the mean distance between what was",
        "told and what came true).",
        "",
        "![Reliability](reliability.svg)",
        "",
        "| told | came true | turns |",
        "|--:|--:|--:|",
        *_bins(reliability),
        "",
        "The answers of feeling are in these figures as they were taught with the layers. Taught again, on the lines of",
        f"dialogues, their expected calibration error is {feelings['expected_calibration_error']:.3f}:",
        "",
        "| told | came true | lines |",
        "|--:|--:|--:|",
        *_bins(feelings),
        "",
    ]
    return "\n".join(lines)


def _bins(reliability: Mapping[str, Any]) -> list[str]:
    return [f"| {line['told']:.2f} | {line['true']:.2f} | {line['turns']:,} |" for line in reliability["bins"]]


def _cells(figures: Mapping[str, Any] | None, count: str) -> str:
    if figures is None:
        return "– | – | – | –"
    low, high = figures["interval"]
    kappa = "–" if figures["kappa"] is None else f"{figures['kappa']:.2f} ({low:.2f} to {high:.2f})"
    right = "–" if figures["right"] is None else f"{figures['right']:.0%}"
    return f"{figures[count]:,} | {kappa} | {figures['found']:.0%} | {right}"


def as_plot(reliability: Mapping[str, Any]) -> str:
    """What came true against what was told, as a drawing; the straight line is where they are the same."""

    def x(value: float) -> float:
        return round(MARGIN + value * SIZE, 1)

    def y(value: float) -> float:
        return round(MARGIN + (1 - value) * SIZE, 1)

    dots = reliability["bins"]
    path = " ".join(f"{x(dot['told'])},{y(dot['true'])}" for dot in dots)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    whole = SIZE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" width="{whole}" font-family="sans-serif" '
        'font-size="11" role="img" aria-label="Probability told against share that came true">',
        f'<rect width="{whole}" height="{whole}" fill="white"/>',
        *(f'<path d="M{x(t)} {y(0)}V{y(1)}M{x(0)} {y(t)}H{x(1)}" stroke="#ddd"/>' for t in ticks),
        *(f'<text x="{x(t)}" y="{y(0) + 16}" text-anchor="middle">{t:g}</text>' for t in ticks),
        *(f'<text x="{x(0) - 6}" y="{y(t) + 4}" text-anchor="end">{t:g}</text>' for t in ticks),
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#777" stroke-dasharray="4 4"/>',
        f'<polyline points="{path}" fill="none" stroke="#1f5fa8" stroke-width="2"/>',
        *(f'<circle cx="{x(dot["told"])}" cy="{y(dot["true"])}" r="4" fill="#1f5fa8"/>' for dot in dots),
        f'<text x="{x(0.5)}" y="{whole - 6}" text-anchor="middle">probability told</text>',
        f'<text x="12" y="{y(0.5)}" text-anchor="middle" transform="rotate(-90 12 {y(0.5)})">share that came true</text>',
        "</svg>",
        "",
    ]
    return "\n".join(parts)
