"""The schema: what it refuses, and how it describes itself."""

from __future__ import annotations

import json

import pytest

from assay.cli.app import run
from assay_trainer.config import TRAIN_CONFIG, ImageConfig, TableConfig
from assay_trainer.flat import ConfigError, checked
from assay_trainer.space import derive_space


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "images", "trainin": {}}, "trainin = {}: extra inputs are not permitted"),
        ({"kind": "images", "training": {"batchsize": 16}}, "training.batchsize = 16: extra inputs"),
        ({"kind": "tables", "model": {"family": "cnn"}}, "model.family = 'cnn': .*'mlp', 'ft_transformer'"),
        ({"kind": "tables", "augmentation": {"kind": "none"}}, "augmentation = .*: extra inputs"),
        ({"kind": "images", "model": {"family": "vit", "width": 20}}, "model.vit.width = 20: .*multiple of 8"),
        ({"kind": "images", "model": {}}, "model = {}: unable to extract tag"),
        (
            {"kind": "images", "optimizer": {"name": "muon"}, "training": {"precision": "16-mixed"}},
            "'muon' cannot be combined with training.precision '16-mixed'",
        ),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_path(fields: dict[str, object], message: str) -> None:
    """A misspelt key, a missing one, a value out of range, a combination that cannot be."""
    with pytest.raises(ConfigError, match=message):
        checked(fields)


@pytest.mark.parametrize("config", [ImageConfig(), TableConfig()])
def test_a_configuration_survives_json(config: ImageConfig | TableConfig) -> None:
    """The kind of data is in it."""
    assert TRAIN_CONFIG.validate_json(config.model_dump_json()) == config


def test_the_command_prints_the_schema_with_what_is_searched(capsys: pytest.CaptureFixture[str]) -> None:
    """As many fields are marked as the space has parameters that are not tags."""
    assert run(["schema", "--kind", "tables"]) == 0

    described = json.loads(capsys.readouterr().out)
    marked = [
        (section, name)
        for section, schema in described["$defs"].items()
        for name, field in schema["properties"].items()
        if "x-search" in field
    ]
    tags = {"optimizer.name", "schedule.name", "model.family"}
    assert len(marked) == len(derive_space(TableConfig()).keys() - tags)
    assert described["$defs"]["AdamWConfig"]["properties"]["lr"]["maximum"] == 0.1
