"""The figures of a report: the front, the learning curves, the history of the hypervolume.

Names come from users. Plotly reads some markup in text, so every name that is drawn is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from plotly import graph_objects as go

from assay import Front, HypervolumeHistory, Objective, Scalar, StudyRecord, TrialRecord
from assay.cli.words import number

ACCENT, GREY, RED, GOLD = "#1f5fbf", "#9aa4b2", "#c0392b", "#d98e04"
FADED = "rgba(120, 130, 145, 0.35)"
_CURVE_COLORS = {"baseline": GOLD, "front": ACCENT, "others": FADED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that a report tells of."""

    study: StudyRecord
    trials: Sequence[TrialRecord]
    """With their measurements, by number."""
    front: Front
    history: HypervolumeHistory

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """In the order in which they were given."""
        return self.study.spec.objectives

    @property
    def baseline(self) -> TrialRecord | None:
        """The configuration that every gain is told against."""
        return next((trial for trial in self.trials if trial.origin == "BASELINE"), None)


def front_figure(story: Story) -> go.Figure:
    """All trials by the first two objectives (by number, when there is one), with the front."""
    figure = _figure()
    for trials, style in _groups(story):
        figure.add_trace(_points(story, trials, style))
    on_front = [trial for trial in story.front if _position(story, trial) is not None]
    if on_front:
        figure.add_trace(_front_line(story, on_front))
    if story.baseline is not None and _position(story, story.baseline) is not None:
        figure.add_trace(_baseline_mark(story, story.baseline))
    for axis, title in zip((figure.update_xaxes, figure.update_yaxes), _titles(story), strict=True):
        axis(title_text=title)
    return figure


def curves_figure(story: Story) -> go.Figure:
    """The first objective over the steps of every trial, with a line at each rung."""
    figure = _figure()
    metric = story.objectives[0].metric
    on_front = {trial.number for trial in story.front}
    explained: set[str] = set()
    for trial in sorted(story.trials, key=lambda trial: _prominence(trial, on_front)):
        points = [(m.step, m.metrics[metric]) for m in trial.measurements if m.step > 0 and metric in m.metrics]
        if points:
            kind = "baseline" if trial.origin == "BASELINE" else "front" if trial.number in on_front else "others"
            figure.add_trace(_curve(trial, points, kind, is_first=kind not in explained))
            explained.add(kind)
    for rung in story.study.rungs:
        figure.add_vline(x=rung, line={"color": FADED, "width": 1, "dash": "dot"})
    fidelity = story.study.spec.fidelity
    figure.update_xaxes(title_text=escape(fidelity.name if fidelity else "step"))
    if story.study.rungs and story.study.rungs[0] < story.study.rungs[-1]:
        figure.update_xaxes(type="log", tickvals=list(story.study.rungs), ticktext=[str(r) for r in story.study.rungs])
    figure.update_yaxes(title_text=escape(metric))
    return figure


def history_figure(story: Story) -> go.Figure:
    """The hypervolume of the front over what was spent; buttons switch between cost, time and trials."""
    points = story.history.points
    figure = _figure()
    axes = _history_axes(story)
    (first_title, first_values), *_ = axes
    figure.add_trace(
        go.Scatter(
            x=first_values,
            y=[point.hypervolume for point in points],
            mode="lines+markers",
            line={"shape": "hv", "color": ACCENT, "width": 2},
            marker={"size": 5},
            hovertext=[f"after trial {point.trial}" for point in points],
            showlegend=False,
        )
    )
    figure.update_xaxes(title_text=first_title)
    figure.update_yaxes(title_text="hypervolume", rangemode="tozero")
    figure.update_layout(
        margin_t=72,  # room for the buttons
        updatemenus=[
            {
                "type": "buttons",
                "direction": "right",
                "x": 0,
                "xanchor": "left",
                "y": 1.18,
                "buttons": [
                    {"label": title.split(" ")[0], "method": "update", "args": [{"x": [values]}, _x_title(title)]}
                    for title, values in axes
                ],
            }
        ],
    )
    return figure


def _history_axes(story: Story) -> list[tuple[str, list[float]]]:
    points = story.history.points
    began = story.study.create_time
    spent = [("cost of finished trials", [point.cost for point in points])]
    if began is not None and all(point.time is not None for point in points):
        seconds = [(point.time - began).total_seconds() for point in points if point.time is not None]
        spent.append(("time since the start (s)", seconds))
    return [*spent, ("trials finished", [float(i) for i in range(1, len(points) + 1)])]


def _x_title(title: str) -> dict[str, str]:
    return {"xaxis.title.text": title}


def _figure() -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template="plotly_white",
        margin={"l": 56, "r": 12, "t": 24, "b": 48},
        legend={"orientation": "h", "y": -0.22, "x": 0},
        height=420,
        font={"family": "system-ui, sans-serif", "size": 13},
        hoverlabel={"namelength": -1},
    )
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    name: str
    symbol: str
    by_fidelity: bool


def _groups(story: Story) -> list[tuple[list[TrialRecord], _Style]]:
    """Trials that keep the constraints and those that do not, as far as they have been measured."""
    measured = [trial for trial in story.trials if _position(story, trial) is not None]
    kept = [trial for trial in measured if trial.feasible is not False]
    broken = [trial for trial in measured if trial.feasible is False]
    groups = [
        (kept, _Style(name="trial", symbol="circle", by_fidelity=True)),
        (broken, _Style(name="breaks a constraint", symbol="x-thin-open", by_fidelity=False)),
    ]
    return [(trials, style) for trials, style in groups if trials]


def _points(story: Story, trials: Sequence[TrialRecord], style: _Style) -> go.Scatter:
    marker: dict[str, object] = {"symbol": style.symbol, "size": 9, "color": RED, "line": {"width": 1.5}}
    if style.by_fidelity:
        fidelity = story.study.spec.fidelity
        marker |= {"color": [_depth(trial) for trial in trials], "colorscale": "Blues", "line": {"width": 0.5}}
        if fidelity is not None:
            deepest = max(1.0, _log(fidelity.max))
            rungs = story.study.rungs
            bar = {"title": escape(fidelity.name), "thickness": 10, "len": 0.8}
            ticks = {"tickvals": [_log(rung) for rung in rungs], "ticktext": [str(rung) for rung in rungs]}
            marker |= {"cmin": -0.35 * deepest, "cmax": deepest, "showscale": True, "colorbar": bar | ticks}
    return _scatter(story, trials, name=style.name, mode="markers", marker=marker)


def _front_line(story: Story, trials: Sequence[TrialRecord]) -> go.Scatter:
    marker = {"size": 12, "symbol": "circle-open", "color": ACCENT, "line": {"width": 2.5}}
    if len(story.objectives) == 1:
        return _scatter(story, trials, name="best", mode="markers", marker=marker)
    if len(story.objectives) > 2:
        return _scatter(story, trials, name="front", mode="markers", marker=marker)
    ordered = sorted(trials, key=lambda trial: trial.metrics[story.objectives[0].metric])
    # Between two points of the front, nothing better than the worse of each coordinate is known.
    line = {"shape": "vh" if story.objectives[0].maximize else "hv", "color": ACCENT, "width": 1.5}
    return _scatter(story, ordered, name="front", mode="lines+markers", marker=marker, line=line)


def _baseline_mark(story: Story, trial: TrialRecord) -> go.Scatter:
    marker = {"size": 16, "symbol": "star", "color": GOLD, "line": {"width": 1, "color": "white"}}
    return _scatter(story, [trial], name="baseline", mode="markers", marker=marker)


def _scatter(story: Story, trials: Sequence[TrialRecord], **look: object) -> go.Scatter:
    positions = [position for trial in trials if (position := _position(story, trial)) is not None]
    return go.Scatter(
        x=[x for x, _ in positions],
        y=[y for _, y in positions],
        hovertext=[_hover(trial) for trial in trials],
        hoverinfo="text",
        **look,
    )


def _curve(trial: TrialRecord, points: Sequence[tuple[int, float]], kind: str, *, is_first: bool) -> go.Scatter:
    """One line; the legend has an entry for each kind of line, not for each trial."""
    return go.Scatter(
        x=[step for step, _ in points],
        y=[value for _, value in points],
        name=kind,
        legendgroup=kind,
        showlegend=is_first,
        mode="lines+markers" if len(points) == 1 else "lines",
        line={"color": _CURVE_COLORS[kind], "width": 1 if kind == "others" else 2.5},
        marker={"size": 4},
        hovertemplate=f"trial {trial.number}<br>%{{x}}: %{{y:.4g}}<extra></extra>",
    )


def _position(story: Story, trial: TrialRecord) -> tuple[float, float] | None:
    names = [objective.metric for objective in story.objectives[:2]]
    values = [trial.metrics[name] for name in names if name in trial.metrics]
    if len(values) < len(names):
        return None
    return (values[0], values[1]) if len(values) == 2 else (float(trial.number), values[0])


def _titles(story: Story) -> tuple[str, str]:
    titles = [f"{escape(o.metric)} ({'more' if o.maximize else 'less'} is better)" for o in story.objectives[:2]]
    return (titles[0], titles[1]) if len(titles) == 2 else ("trial", titles[0])


def _hover(trial: TrialRecord) -> str:
    lines = [f"trial {trial.number}, {trial.state.lower()} at step {trial.steps}", *_lines(trial.metrics)]
    return "<br>".join([*lines, "", *_lines(trial.params)])


def _lines(values: Mapping[str, Scalar]) -> list[str]:
    return [f"{escape(name)}: {escape(number(value))}" for name, value in values.items()]


def _depth(trial: TrialRecord) -> float:
    return _log(max(1, trial.steps))


def _log(steps: int) -> float:
    return math.log(steps)


def _prominence(trial: TrialRecord, on_front: set[int]) -> tuple[bool, bool]:
    """What matters most is drawn last, on top."""
    return trial.number in on_front, trial.origin == "BASELINE"
