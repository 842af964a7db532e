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
