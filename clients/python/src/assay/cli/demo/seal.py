"""Opening the sealed test images, once, when nothing will be chosen any more."""

from __future__ import annotations

from pathlib import Path

from assay import TrialRecord
from assay.cli.failures import load_part


def test_error(trial: TrialRecord, checkpoints: Path) -> float:
    """Share of the test images that the trained network of *trial* puts into a wrong class.

    Raises:
        CheckpointLost: when its weights are gone.
    """
    load_part("assay_trainer.engine", extra="trainer")
    from assay_trainer.checkpoints import Checkpoints
    from assay_trainer.data.bundled import open_digits
    from assay_trainer.data.prepare import prepare
    from assay_trainer.engine import used_weights
    from assay_trainer.flat import config_from_flat
    from assay_trainer.models.table import build_model

    assert trial.checkpoint is not None
    engine = Checkpoints(checkpoints).load(trial.checkpoint).state["engine"]
    assert isinstance(engine, dict)
    config, digits = config_from_flat(trial.params), open_digits()
    prepared = prepare(digits.for_search(), config)
    model = build_model(config.model, prepared.shape)
    model.load_state_dict(used_weights(engine))
    model.eval()
    test = prepared.transformed(digits.sealed_test())
    wrong = model(test.inputs).argmax(dim=1) != test.targets
    return float(wrong.float().mean())
