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
    from assay_trainer.data import digits
    from assay_trainer.engine import shape_of
    from assay_trainer.flat import config_from_flat
    from assay_trainer.models.table import build_model

    assert trial.checkpoint is not None
    engine = Checkpoints(checkpoints).load(trial.checkpoint).state["engine"]
    assert isinstance(engine, dict)
    model = build_model(config_from_flat(trial.params).model, shape_of(digits.open_for_search()))
    model.load_state_dict(engine["model"])
    model.eval()
    test = digits.open_sealed_test()
    wrong = model(test.images).argmax(dim=1) != test.labels
    return float(wrong.float().mean())
