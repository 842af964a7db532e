"""The documentation of specifications is true."""

import re
from pathlib import Path

from assay.cli.spec.study import read_specification


def test_the_documented_specification_is_one(root: Path) -> None:
    """The examples of docs/specification.md are accepted as they stand."""
    text = (root / "docs/specification.md").read_text()
    study, strategy = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)

    spec = read_specification(study + strategy).spec

    assert len(spec.space.parameters) == 8
    assert len(spec.constraints) == 2
    assert len(spec.space.constraints) == 1
    assert [phase.generator.WhichOneof("kind") for phase in spec.strategy.phases] == ["sobol", "bayesian"]


def test_the_documented_architectures_are_a_space(root: Path) -> None:
    """The example of docs/strategies.md is accepted, and the heading of each generator is an entry of a phase."""
    text = (root / "docs/strategies.md").read_text()
    (space,) = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    phases = re.findall(r"^## [\w -]+: `(.*)`$", text, flags=re.MULTILINE)
    named = [phase if "{" in phase else f"{phase}: {{}}" for phase in phases]
    strategy = "strategy:\n  phases:\n" + "".join(f"    - {{{phase}, trials: 5}}\n" for phase in named)

    spec = read_specification(f"{space}objectives: [minimize: error]\n{strategy}").spec

    assert len(spec.space.parameters) == 7
    assert len(spec.strategy.phases) == len(phases) >= 6
