"""Contenders of bench-quality: who is meant by a name, and how the foreign ones are spoken with."""

import sys
from pathlib import Path

import pytest

from tests.bench.quality.assay_optimizer import Options, specification, strategy_of
from tests.bench.quality.contenders import LIBRARIES, OURS, contenders_of, variant_of
from tests.bench.quality.errors import Unfit, WrongArgument
from tests.bench.quality.foreign import ADAPTERS, ForeignContender, ForeignFault, adapted, described
from tests.bench.quality.problems.table import problem_named
from tests.bench.quality.simulate import Simulation

TOY = Path(__file__).with_name("toy_adapter.py")
FIDELITY = problem_named("momf_branin_currin")


def test_a_variant_changes_what_it_names_and_nothing_else() -> None:
    """An ablation is one field away from what it is compared with."""
    variant = variant_of("light={strategy: {phases: [{bayesian: {batch_size: 1}}]}, environment: {ASSAY_X: 1}}")

    assert (
        strategy_of(variant.options.strategy).phases[0].generator
        == strategy_of("phases: [{bayesian: {batch_size: 1}}]").phases[0].generator
    )
    assert variant.environment == {"ASSAY_X": "1"}
    assert variant.options.has_thresholds
    assert variant.python == OURS["assay"].python


def test_a_variant_of_another_contender_starts_from_it() -> None:
    """`of` names it."""
    variant = variant_of("chance={of: random, thresholds: false}")

    assert variant.options == Options(
        strategy=OURS["random"].options.strategy, has_thresholds=False, has_baseline=False
    )


def test_another_option_is_another_version() -> None:
    """Results of one setting are never taken for those of another under the same name."""
    one, other = variant_of("a={thresholds: false}"), variant_of("a={baseline: false}")

    assert one.version() != other.version()
    assert one.version() == variant_of("a={thresholds: false}").version()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("light", "--variant 'light': wants NAME=VALUE"),
        ("a={startegy: x}", "--variant a: there is no option 'startegy'"),
        ("a={of: optuna}", "of 'optuna' is none of assay"),
        ("a={thresholds: 3}", "thresholds 3 is neither true nor false"),
        ("a={strategy: {phases: [genetic]}}", "there is no generator 'genetic'"),
        ("a=[1", "--variant a: while parsing"),
        ("a=7", "'7' is no mapping"),
    ],
)
def test_a_variant_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    """With what is wrong, before anything runs."""
    with pytest.raises(WrongArgument) as refused:
        variant_of(text)

    assert message in str(refused.value)


def test_an_unknown_contender_is_named() -> None:
    """The message says what there is instead."""
    with pytest.raises(WrongArgument, match="there is no contender 'optina'; there are assay, "):
        contenders_of((), (), ()).named("optina")


def test_every_library_has_its_adapter() -> None:
    """A row of the table leads to a file."""
    assert [name for name, row in LIBRARIES.items() if not (ADAPTERS / f"{row.adapter}_.py").is_file()] == []


def test_a_library_that_is_missing_is_named() -> None:
    """The message says whose interpreter it was, and what chooses another."""
    missing = adapted("nothing", TOY.with_name("no_such_adapter.py"))

    with pytest.raises(WrongArgument, match=r"nothing: .*No such file.*--python chooses another"):
        ForeignContender(name="nothing", command=missing.command).version()


def test_the_study_says_what_the_problem_is() -> None:
    """Thresholds, constraints, fidelity and budget reach the server; every suggestion sees all results."""
    spec = specification(problem_named("c2dtlz2_4d"), Options(), num_workers=8, seed=3, budget=50)

    assert [o.threshold for o in spec.objectives] == [1.1, 1.1]
    assert [(c.metric, c.at_most, c.bound) for c in spec.outcome_constraints] == [("g0", True, 0.0)]
    assert (spec.seed, spec.budget.trials, spec.budget.parallelism) == (3, 50, 8)
    assert spec.strategy.freshness == "strict"


def test_a_study_without_thresholds_is_not_told_any() -> None:
    """So it can be seen what they are worth."""
    spec = specification(FIDELITY, Options(has_thresholds=False), num_workers=4, seed=0, budget=40)

    assert [o.threshold for o in spec.objectives] == [None, None]
    assert (spec.budget.cost, spec.budget.trials) == (40, None)


def test_a_foreign_contender_runs_to_the_end_of_the_budget() -> None:
    """Asked, reported to and told over lines of JSON; what it prints is not taken for an answer."""
    optimizer = adapted("toy", TOY).start(FIDELITY, num_workers=2, seed=0, budget=2.0)
    try:
        trace = Simulation(FIDELITY, optimizer, num_workers=2, seed=0, budget=2.0).run()
    finally:
        optimizer.close()

    assert trace.evaluations[-1].cost == pytest.approx(2.0)
    assert trace.origins == {"foreign": len(trace.ask_cpu_s)}


def test_a_foreign_contender_may_be_unfit() -> None:
    """It says so, and that is no failure."""
    with pytest.raises(Unfit, match="it needs a fidelity"):
        adapted("toy", TOY).start(problem_named("hartmann6"), num_workers=1, seed=0, budget=5.0)


def test_what_a_foreign_contender_raises_is_told() -> None:
    """Its own traceback, not a broken pipe."""
    optimizer = adapted("toy", TOY, options={"fails": "yes"}).start(FIDELITY, num_workers=1, seed=0, budget=5.0)
    try:
        with pytest.raises(ForeignFault, match="no more ideas"):
            optimizer.ask(0)
    finally:
        optimizer.close()


def test_a_process_that_ends_is_told_from_one_that_answers() -> None:
    """A program that is no adapter is a failure with its name, not a hang."""
    silent = ForeignContender(name="silent", command=(sys.executable, "-c", "pass"))

    with pytest.raises(WrongArgument, match="silent: version"):
        silent.version()


def test_a_problem_is_described_without_anything_of_ours() -> None:
    """Numbers, texts, lists: what any language reads."""
    told = described(problem_named("conditional_network"))
    assert isinstance(told["parameters"], list)

    assert told["parameters"][2] == {
        "name": "momentum",
        "type": "double",
        "low": 0.0,
        "high": 0.99,
        "log": False,
        "values": [],
        "ordered": False,
        "when": {"optimizer": ["sgd"]},
    }
