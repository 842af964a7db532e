"""A generator whose module prepares something, as the Bayesian one compiles a kernel."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from assay_server.domain.candidate import StudySnapshot
from assay_server.domain.space import Configuration


def prepare() -> None:
    """Takes a moment, so that whoever does not wait comes before it."""
    time.sleep(0.5)
    _prepared().touch()


class Prepared:
    """Answers whether the preparation was over."""

    def generate(self, snapshot: StudySnapshot, count: int) -> Sequence[Configuration]:
        return [{"prepared": _prepared().exists()}]


def _prepared() -> Path:
    return Path(os.environ["TORCH_EXTENSIONS_DIR"]) / "prepared"
