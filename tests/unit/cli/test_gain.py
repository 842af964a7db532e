"""What is gained over the baseline."""

import assay
from assay.cli.gain import gains
from tests.unit.cli.builders import a_trial


def test_the_gain_is_positive_when_better() -> None:
    """For what is minimised and for what is maximised."""
    baseline = a_trial(1, metrics={"loss": 0.5, "score": 1.0}, origin="BASELINE")
    front = [a_trial(2, metrics={"loss": 0.2, "score": 0.5}), a_trial(3, metrics={"loss": 0.4, "score": 3.0})]

    loss, score = gains([assay.minimize("loss"), assay.maximize("score")], front, baseline)

    assert (loss.best, loss.trial, loss.improvement) == (0.2, 2, 0.3)
    assert (score.best, score.trial, score.improvement) == (3.0, 3, 2.0)


def test_a_baseline_that_did_not_finish_is_no_baseline() -> None:
    """Values of a cheap evaluation are not compared with those of a full one."""
    baseline = a_trial(1, origin="BASELINE", state=assay.TrialState.PAUSED, steps=1)

    (gain,) = gains([assay.minimize("val_error")], [a_trial(2)], baseline)

    assert gain.baseline is None
    assert gain.improvement is None


def test_an_empty_front_has_gained_nothing() -> None:
    """No trial, no gain."""
    assert list(gains([assay.minimize("val_error")], [], a_trial(1, origin="BASELINE"))) == []
