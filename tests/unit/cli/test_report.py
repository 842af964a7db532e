"""The HTML report: complete in itself, and deaf to markup in names."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import assay
from assay import Front, HypervolumeHistory
from assay.cli.figures import Story, curves_figure, front_figure, history_figure
from assay.cli.report import render_report
from tests.unit.cli.builders import a_story, a_study, a_trial, renamed

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """What a browser would build of the page: tags with their attributes, and the text outside of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[max(i for i, name in enumerate(self._inside) if name == tag) :]

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._inside):
            self.text += data

    def count(self, name: str) -> int:
        return sum(1 for tag, _ in self.tags if tag == name)


def test_the_page_needs_no_network() -> None:
    """No tag loads anything, and the policy forbids scripts that try."""
    page = Page(render_report(a_story()))

    assert not [tag for tag, attributes in page.tags if {"src", "href", "srcset", "action"} & attributes.keys()]
    policies = [
        a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert policies[0] is not None
    assert policies[0].startswith("default-src 'none'")
    assert "http" not in policies[0]


def test_the_page_says_what_was_found() -> None:
    """Front, baseline and the best values stand in it as text, also for who cannot see the figures."""
    page = Page(render_report(a_story()))

    assert "completed (max trials)" in page.text
    assert "1 (baseline)" in page.text
    assert "best val_error, baseline 0.1" in page.text
    assert "viewport" in {attributes.get("name") for _, attributes in page.tags}


def nasty_story() -> Story:
    """Markup in the study's name and description, in a metric, a parameter and a value."""
    story = a_story()
    spec = replace(
        story.study.spec,
        description=NASTY,
        objectives=(assay.minimize(NASTY), assay.minimize("latency_ms")),
        fidelity=assay.Fidelity(NASTY, min=1, max=9),
    )
    study = replace(story.study, name=f"projects/default/studies/{NASTY.replace('/', '')}", spec=spec)
    trials = [replace(renamed(trial, "val_error", NASTY), params={NASTY: NASTY}) for trial in story.trials]
    front = replace(story.front, trials=tuple(trials[1:3]), objectives=spec.objectives)
    history = replace(story.history, reference_point={NASTY: 1.0})
    return replace(story, study=study, trials=trials, front=front, history=history)


def test_markup_in_names_is_text() -> None:
    """However a name looks, the page has the tags it has without it, and shows the name as it is."""
    clean, nasty = Page(render_report(a_story())), Page(render_report(nasty_story()))

    assert [nasty.count(tag) for tag in ("script", "img")] == [clean.count(tag) for tag in ("script", "img")]
    assert nasty.count("img") == 0
    assert "onerror=alert(2)>" in nasty.text


def test_text_in_figures_is_escaped() -> None:
    """Plotly reads some markup in text; it gets none."""
    story = nasty_story()

    for figure in (front_figure(story), curves_figure(story), history_figure(story)):
        drawn = str(figure.to_plotly_json())
        assert not re.findall(r"<(?!br>)", drawn.replace("<extra></extra>", ""))
        assert "&lt;img" in drawn or figure.data[0].name is None


def test_the_front_tells_feasible_from_infeasible() -> None:
    """What breaks a constraint is drawn as such, and the baseline is marked."""
    figure = front_figure(a_story())

    points = {trace.name: len(trace.x) for trace in figure.data}
    assert points == {"trial": 3, "breaks a constraint": 1, "front": 2, "baseline": 1}


def test_the_curves_show_every_trial_and_rung() -> None:
    """One line for each trial that was measured, one for each rung; the front's are on top."""
    figure = curves_figure(a_story())

    assert len(figure.data) == 4
    assert [shape.x0 for shape in figure.layout.shapes] == [1, 3, 9]
    assert [trace.name for trace in figure.data] == ["others", "baseline", "front", "front"]
    assert [trace.showlegend for trace in figure.data] == [True, True, True, False]


@pytest.mark.parametrize("num_objectives", [1, 3])
def test_other_numbers_of_objectives_are_drawn_too(num_objectives: int) -> None:
    """One objective is drawn over the trials; of three, the first two."""
    story = a_story()
    names = ["val_error", "latency_ms", "params"][:num_objectives]
    objectives = tuple(assay.minimize(name) for name in names)
    study = replace(story.study, spec=replace(story.study.spec, objectives=objectives))

    page = render_report(replace(story, study=study, front=replace(story.front, objectives=objectives)))

    assert "plotly-graph-div" in page


def test_a_study_without_results_has_a_page() -> None:
    """Nothing measured, nothing on the front: the page says so."""
    study = a_study()
    nothing = Front(
        trials=(), objectives=study.spec.objectives, hypervolume=None, reference_point={}, inferred=frozenset()
    )
    history = HypervolumeHistory(points=(), reference_point={})
    story = Story(study=study, trials=[a_trial(1, metrics={}, steps=0)], front=nothing, history=history)

    page = Page(render_report(story))

    assert "No trial has been measured yet." in page.text
    assert "No trial has finished at full fidelity yet." in page.text
