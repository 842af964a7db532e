"""What the command line says of models, and how it reads configurations."""

from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

import assay
from assay.cli.failures import Refused
from assay.cli.models_command import configuration_of
from assay.cli.tables import corrected_table, importances_table, predictions_table

SPACE = {
    "lr": assay.double(1e-4, 1.0),
    "depth": assay.integer(1, 9),
    "act": assay.choice("relu", "gelu"),
    "batch": assay.choice(32, 64),
    "augment": assay.boolean(),
    "name": assay.choice("true", "1"),
}
QUALITY = {"loss": assay.ModelQuality(metric="loss", rank_correlation=0.75, num_trials=9, step=None)}


def shown(table: Table) -> list[list[str]]:
    """The words of each line."""
    text = StringIO()
    Console(file=text, width=120).print(table)
    return [line.split() for line in text.getvalue().splitlines() if line.strip() and "─" not in line]


def test_values_are_read_as_their_parameters_know_them() -> None:
    """Numbers, words, truth values, and choices that look like others."""
    read = configuration_of(SPACE, ["lr=1e-3", "depth=3", "act=gelu", "batch=64", "augment=true", "name=true"])

    assert read == {"lr": 1e-3, "depth": 3, "act": "gelu", "batch": 64, "augment": True, "name": "true"}
    assert {name: type(value) for name, value in read.items()} == {
        "lr": float,
        "depth": int,
        "act": str,
        "batch": int,
        "augment": bool,
        "name": str,
    }


def test_what_fits_no_kind_is_left_for_the_server() -> None:
    """It knows the parameter and says what is wrong with the value, with its path."""
    assert configuration_of(SPACE, ["act=swish", "depth=deep"]) == {"act": "swish", "depth": "deep"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [("lr", "'lr' is not NAME=VALUE"), ("rate=3", "the space has no parameter 'rate'; it has lr, depth")],
)
def test_what_is_no_value_of_the_space_is_refused(text: str, problem: str) -> None:
    """Before the server is asked."""
    with pytest.raises(Refused, match=problem):
        configuration_of(SPACE, [text])


def test_importances_are_listed_by_weight() -> None:
    """The parameter that matters most for any metric comes first; a metric that never varies has none."""
    importance = assay.Importance(
        metric="loss",
        shares={"lr": 0.25, "depth": 0.75},
        first_order={"lr": 0.1, "depth": 0.5},
        total={"lr": 0.3, "depth": 0.9},
    )
    flat = assay.Importance(metric="size", shares={}, first_order={}, total={})

    lines = shown(importances_table(assay.Importances(metrics={"loss": importance, "size": flat}, quality=QUALITY)))

    assert lines == [
        ["parameter", "loss", "size"],
        ["depth", "75", "%", "(50", "%)", "-"],
        ["lr", "25", "%", "(10", "%)", "-"],
    ]


def test_a_prediction_has_a_row_for_each_metric() -> None:
    """What is expected, and how uncertain that is."""
    prediction = assay.Prediction(mean={"loss": 0.5, "size": 1e6}, standard_deviation={"loss": 0.125, "size": 0.0})

    lines = shown(predictions_table(assay.Predictions(predictions=(prediction,), quality=QUALITY)))

    assert lines[1:] == [["loss", "0.5", "0.125"], ["size", "1000000", "0"]]


def test_corrected_trials_stand_in_their_order() -> None:
    """With their probability and their metrics."""
    trials = tuple(
        assay.CorrectedTrial(trial=n, mean={"loss": 0.5}, standard_deviation={"loss": 0.25}, probability=p)
        for n, p in ((7, 0.9), (2, 0.05))
    )

    lines = shown(corrected_table(assay.Corrected(trials=trials, quality=QUALITY)))

    assert lines[1:] == [["7", "90", "%", "0.5", "±", "0.25"], ["2", "5", "%", "0.5", "±", "0.25"]]
