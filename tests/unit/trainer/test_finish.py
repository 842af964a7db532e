"""The finish: from candidates to files and a card, on data that is learnt in a blink."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assay_trainer.config import (
    AdamWConfig,
    FtTransformerConfig,
    ImageConfig,
    ImageDataConfig,
    MlpConfig,
    SgdConfig,
    TableConfig,
    TableDataConfig,
    TrainConfig,
    TrainingConfig,
    VitConfig,
)
from assay_trainer.data.dataset import DataSet, with_classes, with_numbers
from assay_trainer.data.labelled import Column
from assay_trainer.finish.card import card_of
from assay_trainer.finish.export import ExportDiffers, export_model, export_onnx
from assay_trainer.finish.finishing import Finished, NothingToFinish, Wish, finish
from assay_trainer.finish.render import render_html, render_markdown
from assay_trainer.finish.retrain import Candidate
from assay_trainer.finish.warnings import Search, warnings_of

pytestmark = pytest.mark.torch

SEARCH = Search(num_trials=50, num_deviating=0, constraints=())
QUICK = TrainingConfig(batch_size=16)


def some_images(num: int = 80) -> DataSet:
    """Dark and light squares."""
    draw = np.random.default_rng(0)
    codes = np.arange(num) % 2
    images = draw.random((num, 1, 4, 4), dtype=np.float32) * 0.5 + 0.5 * codes[:, None, None, None].astype(np.float32)
    return with_classes("shades", "images", images, codes.astype(np.int64), ("dark", "<b>light</b>"))


def some_rows(num: int = 80) -> DataSet:
    """A number from a number with gaps and a category."""
    draw = np.random.default_rng(0)
    rows = np.stack([draw.normal(size=num), draw.integers(0, 3, size=num)], axis=1).astype(np.float32)
    numbers = (3 * rows[:, 0] + rows[:, 1] + 40).astype(np.float32)
    rows[::9, 0] = np.nan
    columns = (Column(name="size"), Column(name="kind", categories=("a", "b", "c")))
    return with_numbers("rows", "tables", rows, numbers, columns)


def a_candidate(config: TrainConfig, *, number: int, selected: float | None = 0.1, baseline: bool = False) -> Candidate:
    return Candidate(number=number, config=config, selected=selected, is_baseline=baseline)


def finished(folder: Path, data: DataSet, best: TrainConfig, baseline: TrainConfig, *, epochs: int = 6) -> Finished:
    said: list[str] = []
    return finish(
        data,
        [a_candidate(best, number=7)],
        a_candidate(baseline, number=1, baseline=True),
        Wish(seed=1, num_seeds=2, max_epochs=epochs),
        folder=folder,
        tell=said.append,
    )


IMAGES = ImageConfig(optimizer=AdamWConfig(lr=3e-2), training=QUICK)


@pytest.fixture(scope="module")
def shades(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A finish that went well."""
    best = ImageConfig(
        model=VitConfig(width=16, depth=1, patches=2),
        optimizer=AdamWConfig(lr=1e-2),
        training=QUICK,
        data=ImageDataConfig(normalization="standard"),
    )
    return finished(tmp_path_factory.mktemp("model"), some_images(), best, IMAGES)


def test_candidates_and_baseline_are_retrained_under_seeds_of_their_own(shades: Finished) -> None:
    """Two each, none of them the search's; both are tested."""
    assert [(run.trial, index % 2) for index, run in enumerate(shades.runs)] == [(7, 0), (7, 1), (1, 0), (1, 1)]
    assert len({run.seed for run in shades.runs}) == 2
    assert (len(shades.tested.winner), len(shades.tested.baseline)) == (2, 2)


def test_a_finish_is_the_same_again(tmp_path: Path) -> None:
    """The seed decides everything but the latency."""
    first, second = (finished(tmp_path / name, some_images(), IMAGES, IMAGES, epochs=2) for name in "ab")

    assert first.tested == second.tested
    assert [run.validation for run in first.runs] == [run.validation for run in second.runs]


def test_the_file_takes_raw_samples_and_gives_probabilities(shades: Finished) -> None:
    """Preparation is in it; one sample or many; it is what was tested."""
    (written,) = shades.exported
    dataset = some_images()
    test = dataset.sealed_test()

    answers = torch.export.load(written.path).module()(test.inputs)

    assert answers.sum(dim=1).tolist() == pytest.approx([1.0] * len(test), abs=1e-5)
    assert (answers.argmax(dim=1) != test.targets).double().mean().item() == shades.tested.ensemble.error
    described = json.loads((written.path.parent / "model.json").read_text())
    assert described["output"] == {"kind": "classes", "names": ["dark", "<b>light</b>"]}
    assert described["input"]["shape"] == ["batch", 1, 4, 4]


@pytest.mark.parametrize("scaling", ["standard", "quantile"])
def test_a_table_s_file_takes_gaps_and_categories(tmp_path: Path, scaling: str) -> None:
    """The answers are in the target's own unit."""
    config = TableConfig(
        model=FtTransformerConfig(width=16, depth=1),
        optimizer=AdamWConfig(lr=1e-2),
        training=QUICK,
        data=TableDataConfig.model_validate({"scaling": scaling, "indicators": True}),
    )

    done = finished(tmp_path, some_rows(), config, config, epochs=15)

    answer = torch.export.load(done.exported[0].path).module()(torch.tensor([[0.0, 1.0], [torch.nan, torch.nan]]))
    assert answer[0, 0].item() == pytest.approx(41, abs=2.5)
    assert answer.isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize("make", [some_images, some_rows])
def test_onnx_gives_the_same_answers(tmp_path: Path, make: Callable[[], DataSet]) -> None:
    """ONNX Runtime agrees with torch on the validation part and on one sample alone."""
    pytest.importorskip("onnxruntime")
    data = make()
    config = IMAGES if data.kind == "images" else TableConfig(training=QUICK)
    done = finished(tmp_path, data, config, config, epochs=1)

    written = export_onnx(done.runs[0].model, done.data, tmp_path)

    assert written.path.name == "model.onnx"
    assert written.difference < 1e-4


class Moody(torch.nn.Module):
    """Answers otherwise when it is traced, as a model with a branch of its own in Python does."""

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        shift = 1.0 if torch.compiler.is_exporting() else 0.0
        return samples.flatten(1)[:, :2] + shift


def test_a_file_that_answers_otherwise_is_not_handed_out(tmp_path: Path) -> None:
    """The difference is told."""
    with pytest.raises(ExportDiffers, match=r"model.pt2 answers otherwise than the model, by up to 1"):
        export_model(Moody(), some_images().for_search(), tmp_path)


def test_trainings_that_all_diverge_are_told(tmp_path: Path) -> None:
    """With what happened to each."""
    data = some_rows()
    wild = replace(data, inputs=np.where(np.isnan(data.inputs), data.inputs, np.float32(1e38)), targets=data.targets)
    config = TableConfig(optimizer=SgdConfig(lr=1.0), model=MlpConfig(depth=4), training=QUICK)
    exploding = replace(wild, targets=(data.targets * np.float32(1e30)))

    with pytest.raises(NothingToFinish, match="loss is"):
        finished(tmp_path, exploding, config, config)


def test_a_baseline_that_diverges_does_not_take_the_model_away(tmp_path: Path) -> None:
    """It is told, and what was found is finished."""
    wild = ImageConfig(
        model=MlpConfig(depth=4, width=256),
        optimizer=SgdConfig(lr=1.0, momentum=0.98, weight_decay=1e-2),
        training=QUICK,
    )
    data = some_images()
    far = replace(data, inputs=data.inputs * np.float32(1e18))
    tame = IMAGES.model_copy(update={"data": ImageDataConfig(normalization="standard")})

    done = finished(tmp_path, far, tame, wild)

    assert (done.winner.candidate.number, done.tested.baseline) == (7, ())
    assert "A retraining of the baseline failed" in " ".join(warnings_of(done, SEARCH))


def test_the_card_shows_the_three_scores_side_by_side(shades: Finished) -> None:
    """Selected on, retrained mean and spread, test; and whatever a user named is no markup."""
    card = card_of(shades, SEARCH, front=[("trial", "val_error"), ("7", "0.1")], spent="20 trainings.", usage="x")

    text, page = render_markdown(card), render_html(card)

    scores = next(section for section in card.sections if section.title == "How good it is")
    assert scores.table[0] == ("", "selected on", "retrained, validation", "test", "seeds")
    assert scores.table[1][1] == "0.1000"
    assert "±" in scores.table[1][2]
    assert "<b>light" not in page
    assert "&lt;b&gt;light" in page
    assert "\\<b\\>light" in text
    assert "20 trainings." in text


def test_a_reader_is_warned(shades: Finished) -> None:
    """Of an optimistic score, a broken constraint, trials that deviate, a single seed, a result that luck explains."""
    runs = shades.winner.runs[:1]
    winner = replace(shades.winner, candidate=replace(shades.winner.candidate, selected=-0.5), runs=runs)
    search = Search(num_trials=50, num_deviating=3, constraints=(("params", "<=", 10.0), ("val_error", "<=", 1.0)))

    warnings = " ".join(warnings_of(replace(shades, winner=winner), search))

    assert "The score it was selected on (-0.5000) was optimistic" in warnings
    assert "breaks a constraint: params is" in warnings
    assert "val_error is" not in warnings
    assert "3 trials ran on other data" in warnings
    assert "under one seed only" in warnings
