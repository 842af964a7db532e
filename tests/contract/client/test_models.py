"""Models are asked by the client, over the real front."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import assay
from tests.contract.client.served import served

pytestmark = pytest.mark.torch

RANDOM = assay.Strategy([assay.Phase(assay.random())])
LR = {"lr": assay.double(0.0, 1.0)}
LOSS = [assay.minimize("loss")]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the front is."""
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[assay.Client]:
    """A client of it."""
    with assay.Client(address) as connected:
        yield connected


def test_models_are_asked(client: assay.Client) -> None:
    """Predictions, importances and corrected trials arrive with the quality of the models; a step as it is asked."""
    study = client.create_study(
        "modelled",
        space={**LR, "noise": assay.choice("a", "b", "c")},
        objectives=[assay.maximize("accuracy")],
        constraints=["params <= 200"],
        fidelity=assay.Fidelity("epoch", min=1, max=4, eta=2),
        strategy=RANDOM,
        baseline=False,
    )
    for i in range(12):
        lr = i / 11
        curve = [
            assay.Measurement(step=s, metrics={"accuracy": 90 + 5 * lr - 2 / s, "params": 100.0 + lr})
            for s in (1, 2, 4)
        ]
        study.attach({"lr": lr, "noise": "abc"[i % 3]}, measurements=curve)

    predictions = study.predict([{"lr": 0.5, "noise": "a"}, {"lr": 1, "noise": "b"}])
    early = study.predict([{"lr": 0.5, "noise": "a"}], step=1)
    importances = study.importances()
    best = study.corrected_best()

    assert len(predictions) == 2
    assert predictions[0].mean["accuracy"] == pytest.approx(92.0, abs=0.5)
    assert predictions[1].mean["accuracy"] == pytest.approx(94.5, abs=0.5)
    assert 0 < predictions[0].standard_deviation["accuracy"] < 1
    assert early[0].mean["accuracy"] == pytest.approx(90.5, abs=0.5)
    quality = predictions.quality["accuracy"]
    assert (quality.num_trials, quality.step) == (12, 4)
    assert quality.rank_correlation is not None
    assert quality.rank_correlation > 0.8
    assert importances["accuracy"].shares["lr"] > 0.9
    assert [of.metric for of in importances] == ["accuracy", "params", "hypervolume"]
    assert (best[0].trial, list(best.quality)) == (12, ["accuracy", "params"])
    assert best[0].mean["accuracy"] == pytest.approx(94.5, abs=0.5)
    assert [trial.trial for trial in study.corrected_front()] == [trial.trial for trial in best]


def test_questions_that_cannot_be_answered(client: assay.Client) -> None:
    """Too little data, and configurations outside of the space by their paths, are told as what they are."""
    study = client.create_study(
        "empty", space=LR, objectives=LOSS, constraints=["params <= 200"], strategy=RANDOM, baseline=False
    )

    with pytest.raises(assay.NotEnoughData, match="0 configurations have results with all of loss, params"):
        study.importances()
    with pytest.raises(assay.InvalidArgument) as refused:
        study.predict([{"lr": 0.5}, {"lr": 7.0}, {"rate": 0.5}], step=3)

    assert [v.field for v in refused.value.violations] == [
        "configurations[1].values['lr']",
        "configurations[2].values['rate']",
        "configurations[2].values['lr']",
        "step",
    ]


async def test_models_are_asked_in_an_event_loop(address: str) -> None:
    """The same calls with await."""
    async with assay.AsyncClient(address) as client:
        study = await client.create_study("modelled", space=LR, objectives=LOSS, strategy=RANDOM, baseline=False)
        for i in range(6):
            await study.attach({"lr": i / 5}, {"loss": (i / 5 - 0.4) ** 2})

        predictions = await study.predict([{"lr": 0.5}])
        importances = await study.importances()
        front, best = await study.corrected_front(), await study.corrected_best("loss")

    assert predictions[0].mean["loss"] == pytest.approx(0.01, abs=0.05)
    assert importances["loss"].total == pytest.approx({"lr": 1.0}, abs=0.05)
    assert front.trials == best.trials
    assert front[0].trial == 3
