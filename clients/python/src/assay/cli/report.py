"""A study as one HTML page that needs no network: the front, the learning curves, the hypervolume.

The page carries plotly.js and forbids itself, by its content security policy, to load anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from plotly import graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from assay import Objective, TrialRecord
from assay.cli.figures import Story, curves_figure, front_figure, history_figure
from assay.cli.gain import Gain, gains
from assay.cli.words import number, state

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:">
<title>$title</title>
<style>
:root { color: #1c2733; background: #f5f7fa; font: 16px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 68rem; }
h1 { font-size: 1.5rem; margin: .2rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
section { background: white; border-radius: .6rem; padding: 1rem; margin: 1rem 0; box-shadow: 0 1px 3px #0002; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.facts div { background: white; border-radius: .6rem; padding: .6rem .8rem; box-shadow: 0 1px 3px #0002; }
.facts b { display: block; font-size: 1.25rem; overflow-wrap: anywhere; }
.facts span, .quiet { color: #5b6b7c; font-size: .85rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #e4e9ef; }
th { color: #5b6b7c; font-weight: 600; }
tr.baseline td { background: #fff7e6; }
@media (max-width: 30rem) { body { padding: .5rem; } section { padding: .6rem; } }
</style>
<script>$plotly</script>
</head>
<body>
<h1>$title</h1>
<p class="quiet">$subtitle</p>
<div class="facts">$facts</div>
$sections
</body>
</html>
""")


def render_report(story: Story) -> str:
    """The page. Names are data in it: no markup in them has an effect."""
    figures = (
        ("The front", front_figure(story), "No trial has been measured yet.", _front_table(story)),
        ("Learning curves", curves_figure(story), "No trial has been measured yet.", ""),
        ("Hypervolume", history_figure(story), "No trial has finished at full fidelity yet.", _reference(story)),
    )
    return _PAGE.substitute(
        title=escape(story.study.id),
        subtitle=escape(_subtitle(story)),
        facts="".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in _facts(story)),
        plotly=get_plotlyjs(),
        sections="\n".join(_section(*figure) for figure in figures),
    )


def _section(title: str, figure: go.Figure, without: str, below: str) -> str:
    drawn = f'<p class="quiet">{escape(without)}</p>'
    if figure.data and any(len(trace.x or ()) for trace in figure.data):
        drawn = to_html(
            figure,
            full_html=False,
            include_plotlyjs=False,
            config={"responsive": True, "displaylogo": False, "displayModeBar": False},
        )
    return f"<section><h2>{escape(title)}</h2>{drawn}{below}</section>"


def _subtitle(story: Story) -> str:
    study = story.study
    ended = state(study.state) + (f" ({state(study.end_reason)})" if study.end_reason else "")
    return " · ".join(part for part in (study.spec.description, ended, study.strategy_rationale) if part)


def _facts(story: Story) -> Iterable[tuple[str, str]]:
    study = story.study
    yield "trials", str(study.num_trials)
    yield "on the front", str(len(story.front))
    yield "cost spent", number(study.cost_spent)
    if study.create_time is not None and study.end_time is not None:
        yield "seconds", f"{(study.end_time - study.create_time).total_seconds():.0f}"
    yield "seed", str(study.seed)
    for gain in gains(story.objectives, story.front, story.baseline):
        yield f"best {gain.metric}{_against(gain)}", number(gain.best)


def _against(gain: Gain) -> str:
    if gain.baseline is None:
        return ""
    return f", baseline {number(gain.baseline)}"


def _reference(story: Story) -> str:
    if not story.history.points:
        return ""
    bounds = ", ".join(f"{name} {number(value)}" for name, value in story.history.reference_point.items())
    return f'<p class="quiet">Volume between the front and the reference point: {escape(bounds)}.</p>'


def _front_table(story: Story) -> str:
    baseline = [story.baseline] if story.baseline and story.baseline.metrics else []
    shown = [*story.front, *(trial for trial in baseline if trial.number not in {t.number for t in story.front})]
    if not shown:
        return ""
    wanted = [objective.metric for objective in story.objectives]
    others = [name for name in _names(trial.metrics for trial in shown) if name not in wanted]
    tested = _names(trial.test_metrics for trial in shown)
    params = _names(trial.params for trial in shown)
    titles = ["trial", *map(_arrow, story.objectives), *others, *(f"test: {name}" for name in tested), *params]
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    rows = "".join(_row(trial, [*wanted, *others], tested, params) for trial in shown)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(trial: TrialRecord, metrics: Sequence[str], tested: Sequence[str], params: Sequence[str]) -> str:
    is_baseline = trial.origin == "BASELINE"
    cells = [
        f"{trial.number}{' (baseline)' if is_baseline else ''}",
        *(number(trial.metrics.get(name)) for name in metrics),
        *(number(trial.test_metrics.get(name)) for name in tested),
        *(number(trial.params.get(name)) for name in params),
    ]
    style = ' class="baseline"' if is_baseline else ""
    return f"<tr{style}>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _arrow(objective: Objective) -> str:
    return f"{objective.metric} {'↑' if objective.maximize else '↓'}"


def _names(mappings: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))
