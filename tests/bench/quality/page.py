"""Anytime curves as one self-contained page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import plotly.graph_objects as go
import plotly.io

from tests.bench.quality.comparison import Spread, spread_of
from tests.bench.quality.problem import Problem
from tests.bench.quality.regret import points, regret_at
from tests.bench.quality.results import Result
from tests.bench.quality.tables import Problems, Setting, by_contender, by_setting

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8b6d2f")
"""Okabe & Ito's, which colour-blind readers can tell apart, and one more."""
DASHES = ("solid", "dash", "dot")
"""Another one after each round of the colours."""
LEAST = 1e-6
"""A regret that is not above 0 is drawn here: the axis is logarithmic."""


def write_page(path: Path, results: Sequence[Result], problems: Problems, tables: str) -> None:
    """A figure for each setting, then the tables as text."""
    good = [r for r in results if not r.error]
    figures = [figure(setting, of, problems(setting.problem)) for setting, of in by_setting(good).items()]
    parts = [
        plotly.io.to_html(f, full_html=False, include_plotlyjs=i == 0, config={"displaylogo": False})
        for i, f in enumerate(figures)
    ]
    head = "<!doctype html><html lang='en'><meta charset='utf-8'><title>Search quality</title>"
    style = "<style>body{font-family:system-ui;max-width:70rem;margin:2rem auto}pre{overflow-x:auto}</style>"
    body = f"<h1>Search quality</h1>{''.join(parts)}<pre>{html.escape(tables)}</pre>"
    path.write_text(f"{head}{style}{body}</html>\n", encoding="utf-8")


def figure(setting: Setting, results: Sequence[Result], problem: Problem) -> go.Figure:
    """Median regret against what was spent, with quartiles behind it."""
    drawn = go.Figure()
    styles = cycle((colour, dash) for dash in DASHES for colour in COLOURS)
    for (name, own), (colour, dash) in zip(by_contender(results).items(), styles, strict=False):
        curve = _curve(problem, own, points(problem, setting.budget))
        if curve:
            _draw(drawn, f"{name} (n={len(own)})", curve, colour, dash)
    unit = "full evaluations" if problem.has_fidelity else "finished trials"
    drawn.update_layout(title=str(setting), xaxis_title=unit, yaxis_title="regret", template="plotly_white")
    drawn.update_yaxes(type="log", exponentformat="power")
    return drawn


def _curve(problem: Problem, own: Sequence[Result], at: Sequence[float]) -> list[tuple[float, Spread]]:
    """Where at least half of the seeds have a finite regret."""
    found: list[tuple[float, Spread]] = []
    for point in at:
        regrets = [regret_at(problem, r.trace, point) for r in own]
        spread = spread_of([regret for regret in regrets if regret is not None])
        if spread is not None and spread.median < float("inf"):
            found.append((point, spread))
    return found


def _draw(drawn: go.Figure, name: str, curve: Sequence[tuple[float, Spread]], colour: str, dash: str) -> None:
    x = [point for point, _ in curve]
    lower = [max(LEAST, s.lower) for _, s in curve]
    # A quarter of the seeds may have found nothing yet: the band ends at the worst that is finite.
    upper = [max(LEAST, s.upper if s.upper < float("inf") else s.median) for _, s in curve]
    band = go.Scatter(
        x=[*x, *reversed(x)],
        y=[*upper, *reversed(lower)],
        fill="toself",
        fillcolor=colour,
        opacity=0.12,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=name,
    )
    median = go.Scatter(
        x=x,
        y=[max(LEAST, s.median) for _, s in curve],
        name=name,
        legendgroup=name,
        line={"color": colour, "dash": dash},
        mode="lines+markers",
    )
    drawn.add_traces([band, median])
