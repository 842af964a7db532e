"""What the training engine costs over a loop written by hand for the same model: the CNN on the digits."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch
from torch.nn.functional import cross_entropy

from assay_trainer.config import CnnConfig, ImageConfig
from assay_trainer.data.bundled import open_digits
from assay_trainer.data.labelled import SearchData
from assay_trainer.engine import Engine
from assay_trainer.models.shapes import ImageShape
from assay_trainer.models.table import build_model
from tests.bench.report import Bar, Report, Table, median, spread

CONFIG = ImageConfig(model=CnnConfig())
SHAPE = ImageShape(channels=1, height=8, width=8, num_outputs=10)
EPOCHS = 2
MOST = 1.05


def measure(*, quick: bool) -> Report:
    """Train both in turn, on one thread, by the thread's own time: what else the machine does is not counted."""
    torch.set_num_threads(1)
    report = Report(scenario="engine_overhead", is_quick=quick)
    data = open_digits().for_search()
    by_hand: list[float] = []
    by_engine: list[float] = []
    for _ in range(2 if quick else 9):
        by_hand.append(_cpu_s(partial(_train_by_hand, data)))
        engine = Engine(data, CONFIG, max_epochs=EPOCHS, device="cpu")
        by_engine.append(_cpu_s(partial(_exhaust, engine)))
    table = Table(title=f"seconds of CPU for {EPOCHS} epochs", columns=("what", "median", "spread"))
    table.rows += [(name, median(v), spread(v)) for name, v in (("by hand", by_hand), ("engine", by_engine))]
    report.tables.append(table)
    # The least of each: the work itself, without what caches lost to other processes.
    ratio = min(by_engine) / min(by_hand)
    report.bars.append(Bar(what="engine over a loop by hand", measured=ratio, comparison="<=", promised=MOST))
    return report


def _cpu_s(work: Callable[[], None]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _exhaust(engine: Engine) -> None:
    for _ in engine.epochs(EPOCHS):
        pass


def _train_by_hand(data: SearchData) -> None:
    """What anyone would write, evaluation included."""
    images, labels = data.train.inputs, data.train.targets
    model = build_model(CONFIG.model, SHAPE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2, fused=True)
    for _ in range(EPOCHS):
        model.train()
        for rows in torch.split(torch.randperm(len(labels)), CONFIG.training.batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(model(images[rows]), labels[rows])
            torch.autograd.backward(loss)
            optimizer.step()
            loss.item()
        model.eval()
        with torch.no_grad():
            logits = model(data.validation.inputs)
            cross_entropy(logits, data.validation.targets).item()
            (logits.argmax(dim=1) != data.validation.targets).float().mean().item()
