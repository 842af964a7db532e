"""A specification in YAML: what it can say, and how it complains."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.cli.spec.document import plain
from assay.cli.spec.places import problem_at
from assay.cli.spec.study import SpecificationError, read_specification
from assay.v1 import space_pb2, study_pb2

MINIMAL = """
space: {lr: {double: [1e-4, 1e-1], log: true}}
objectives: [{minimize: loss}]
"""

FULL = """
name: digits
description: Everything that a specification can say
labels: {team: vision, year: "2026"}
space:
  optimizer: {choice: [sgd, adam], default: adam, weights: [1, 3]}
  lr: {double: [1e-4, 1e-1], log: true, default: 1e-3, prior: {mean: 1e-3, standard_deviation: 0.5}}
  momentum: {double: [0, 0.99], step: 0.01, when: {optimizer: sgd}}
  depth: {integer: [1, 6], step: 1, default: 2}
  width: {choice: [16, 32, 64], ordered: true}
  nesterov: {boolean: [], default: true, when: {optimizer: [sgd]}}
  augment: boolean
  classes: {fixed: 10}
  layers: {derived: 2 * depth + 1, integer: true}
objectives:
  - {minimize: val_error, threshold: 0.5}
  - {maximize: throughput}
tracked: [params, memory]
constraints:
  - params <= 200_000
  - {bound: memory <= 1.5e9, soft_weight: 0.5}
  - 0.5 <= throughput
  - depth + 0.5 * momentum <= 5
fidelity:
  {name: epoch, min: 1, max: 27, eta: 3, rungs: [1, 3, 9, 27], cost_model: {startup_cost: 2, cost_per_step: 1.5}}
budget:
  {trials: 64, cost: 3600, duration: 10m, parallelism: 4, targets: {val_error: 0.01},
   convergence: {window_trials: 20, min_relative_improvement: 0.01}}
strategy:
  phases:
    - {sobol: {}, trials: 10, min_feasible: 3}
    - {bayesian: {batch_size: 4}}
  scheduler: {asynchronous_halving: {stopping: false}}
  freshness: strict
  max_staleness: 8
seed: 7
baselines:
  - {optimizer: adam, lr: 1e-3, depth: 2, width: 32, augment: false}
baseline: false
max_attempts: 2
lease_ttl: 90s
comparability: {dataset_fingerprint: abc, code_version: v1, evaluation_protocol: p}
transfer: [earlier, {study: other, max_trials: 2}]
"""


def complaints(text: str) -> str:
    """Everything that is wrong with *text*, one line each."""
    with pytest.raises(SpecificationError) as caught:
        read_specification(text)
    return str(caught.value)


def test_a_minimal_specification_is_short() -> None:
    """A space and an objective are enough, and 1e-4 is a number."""
    spec = read_specification(MINIMAL).spec

    double = space_pb2.DoubleParameter(min=1e-4, max=0.1, scale=space_pb2.SCALE_LOG)
    assert spec == study_pb2.StudySpec(
        space=space_pb2.SearchSpace(parameters=[space_pb2.Parameter(name="lr", double=double)]),
        objectives=[study_pb2.Objective(metric="loss", goal=study_pb2.GOAL_MINIMIZE)],
    )


def test_every_field_of_the_wire_is_reachable() -> None:
    """The full example sets each field of StudySpec, and of what it holds, but the generators it does not choose."""
    spec = read_specification(FULL).spec

    assert {field.name for field, _ in spec.ListFields()} == {field.name for field in spec.DESCRIPTOR.fields}
    for message in (spec.fidelity, spec.fidelity.cost_model, spec.budget, spec.strategy, spec.comparability):
        assert {field.name for field, _ in message.ListFields()} == {field.name for field in message.DESCRIPTOR.fields}
    assert {parameter.WhichOneof("kind") for parameter in spec.space.parameters} == {
        field.name for field in space_pb2.Parameter.DESCRIPTOR.oneofs_by_name["kind"].fields
    }


def test_the_full_specification_says_what_it_means() -> None:
    """Values arrive with their kinds: an integer stays one, a soft bound has its weight, ten minutes are 600 s."""
    spec = read_specification(FULL).spec

    by_name = {parameter.name: parameter for parameter in spec.space.parameters}
    assert by_name["momentum"].conditions[0].values[0].string_value == "sgd"
    assert [value.integer_value for value in by_name["width"].categorical.values] == [16, 32, 64]
    assert by_name["layers"].derived.terms[0] == space_pb2.LinearTerm(name="depth", weight=2.0)
    assert by_name["layers"].derived.constant == 1.0
    assert spec.constraints[0].metric == "params"
    assert spec.constraints[0].bound == 200_000
    assert not spec.constraints[0].HasField("soft_weight")
    assert spec.constraints[2].comparison == space_pb2.COMPARISON_GREATER_EQUAL
    assert spec.constraints[2].bound == 0.5
    assert spec.constraints[1].soft_weight == 0.5
    assert [term.weight for term in spec.space.constraints[0].terms] == [1.0, 0.5]
    assert spec.budget.max_duration.seconds == 600
    assert [(t.study, t.HasField("max_trials"), t.max_trials) for t in spec.transfer] == [
        ("earlier", False, 0),
        ("other", True, 2),
    ]
    assert (spec.budget.convergence.window_trials, spec.budget.convergence.min_relative_improvement) == (20, 0.01)
    assert spec.lease_ttl.seconds == 90
    assert spec.baselines[0].values["depth"].integer_value == 2
    assert spec.baselines[0].values["augment"].WhichOneof("kind") == "boolean_value"


@pytest.mark.parametrize("generator", ["grid", "random", "sobol", "bayesian", "evolutionary"])
def test_a_generator_without_options_is_a_word(generator: str) -> None:
    """`- sobol` is a phase."""
    spec = read_specification(MINIMAL + f"strategy: {{phases: [{generator}]}}").spec

    assert spec.strategy.phases[0].generator.WhichOneof("kind") == generator


@pytest.mark.parametrize(
    ("scheduler", "kind"),
    [
        ("full_fidelity", "full_fidelity"),
        ("{successive_halving: {bracket_size: 9}}", "successive_halving"),
        ("{hyperband: {asynchronous: true}}", "hyperband"),
        ("asynchronous_halving", "asynchronous_halving"),
        ("{percentile: {percentile: 50, min_trials: 3}}", "percentile"),
    ],
)
def test_every_scheduler_can_be_named(scheduler: str, kind: str) -> None:
    """Each kind of the wire has its word."""
    spec = read_specification(MINIMAL + f"strategy: {{scheduler: {scheduler}}}").spec

    assert spec.strategy.scheduler.WhichOneof("kind") == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            MINIMAL + "budgett: {trials: 3}",
            "line 4: budgett: a study has no 'budgett'; did you mean 'budget'?",
            id="key",
        ),
        pytest.param(
            MINIMAL + "budget: {trails: 3}",
            "budget.trails: a budget has no 'trails'; did you mean 'trials'?",
            id="nested key",
        ),
        pytest.param(
            MINIMAL + "budget: {trials: many}", "budget.trials: must be a whole number, not 'many'", id="type"
        ),
        pytest.param(
            MINIMAL + "budget: {trials: 1.5}", "budget.trials: must be a whole number, not 1.5", id="fraction"
        ),
        pytest.param(
            MINIMAL + "budget: {convergence: {min_relative_improvement: 0.1}}",
            "a convergence needs 'window_trials'",
            id="convergence",
        ),
        pytest.param(
            MINIMAL + "budget: {convergence: {window: 3, window_trials: 3}}",
            "a convergence has no 'window'; did you mean 'window_trials'?",
            id="key of a convergence",
        ),
        pytest.param(
            MINIMAL + "transfer: [{max_trials: 3}]", "a source of a transfer needs 'study'", id="source of a transfer"
        ),
        pytest.param(MINIMAL + "budget: {duration: ten}", "must be a duration such as 90s", id="duration"),
        pytest.param(
            MINIMAL + "budget: {targets: {los: 1}}", "'los' is not an objective; did you mean 'loss'?", id="target"
        ),
        pytest.param(
            MINIMAL + "constraints: [los <= 3]",
            "'los' is neither a metric nor a parameter; did you mean 'loss'?",
            id="metric",
        ),
        pytest.param(MINIMAL + "constraints: [loss < 3]", "use <= or >=", id="strict comparison"),
        pytest.param(MINIMAL + "constraints: [loss + lr <= 3]", "mixes metrics and parameters", id="mixture"),
        pytest.param(MINIMAL + "strategy: {freshness: strickt}", "did you mean 'strict'?", id="word"),
        pytest.param(
            MINIMAL + "strategy: {phases: [sobul]}",
            "there is no generator 'sobul'; did you mean 'sobol'?",
            id="generator",
        ),
        pytest.param(MINIMAL + "seed: 010", "could mean an octal number", id="octal"),
        pytest.param(MINIMAL + "seed: .nan", "must be a whole number", id="nan"),
        pytest.param(MINIMAL + "seed: 9223372036854775808", "is beyond 2^63", id="too large"),
        pytest.param(MINIMAL + "seed: 1\nseed: 2", "line 5: seed: is there twice; first in line 4", id="duplicate"),
        pytest.param(MINIMAL + "baseline: off", "YAML 1.2 knows true and false only", id="off"),
        pytest.param(MINIMAL + "labels: {year: 2026}", "must be text, not 2026; quote it", id="label"),
        pytest.param(
            MINIMAL + "baselines: [{lrr: 1}]", "the space has no parameter 'lrr'; did you mean 'lr'?", id="baseline"
        ),
        pytest.param("space: {lr: {double: [0, .inf]}}\nobjectives: [{minimize: a}]", "must be finite", id="infinite"),
        pytest.param(
            "space: {lr: {double: [0]}}\nobjectives: [{minimize: a}]", "must be [smallest, largest]", id="ends"
        ),
        pytest.param("space: {lr: {duble: [0, 1]}}\nobjectives: [{minimize: a}]", "did you mean 'double'?", id="kind"),
        pytest.param(
            "space: {a: {choice: [on, true]}}\nobjectives: [{minimize: a}]", "true or false; use boolean", id="booleans"
        ),
        pytest.param(
            "space: {a: {fixed: 1, lgo: 2}}\nobjectives: [{minimize: a}]", "parameter 'a' has no 'lgo'", id="option"
        ),
        pytest.param(
            "space: {a: {derived: b * b}, b: boolean}\nobjectives: [{minimize: a}]", "is not linear", id="product"
        ),
        pytest.param(
            "space: {a: {integer: [1, 2], when: {c: 1}}}\nobjectives: [{minimize: a}]",
            "no parameter 'c'",
            id="condition",
        ),
        pytest.param(
            "space: {a: boolean}\nobjectives: [{minimise: a}]", "needs either 'minimize' or 'maximize'", id="goal"
        ),
        pytest.param("objectives: [{minimize: a}]", "a study needs 'space'", id="missing"),
        pytest.param("", "the file is empty", id="empty"),
        pytest.param("[1, 2]", "a study must be a mapping, not a list", id="list"),
        pytest.param("a: [1", "line 1: not YAML", id="syntax"),
        pytest.param("a: 1\n--- \nb: 2", "not YAML: expected a single document", id="two documents"),
        pytest.param("a: !!python/object:os.system {}", "tags such as", id="tag"),
        pytest.param("a: &x [*x]", "an alias that contains itself", id="endless"),
    ],
)
def test_a_mistake_is_explained_where_it_is(text: str, expected: str) -> None:
    """What is wrong is said with its line, its path and what was probably meant."""
    assert expected in complaints(text)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to mend a file one line at a time."""
    text = (
        MINIMAL + "budgett: {}\nseed: x\nconstraints: [a <= 1, loss ~ 2]\nstrategy: {phases: [{sobol: {}, trial: 1}]}\n"
    )

    assert [line.split(":")[0] for line in complaints(text).splitlines()] == [
        "line 4",
        "line 5",
        "line 6",
        "line 6",
        "line 7",
    ]


@pytest.mark.parametrize("aliases", [20])
def test_aliases_of_aliases_do_not_exhaust_memory(aliases: int) -> None:
    """A few lines that stand for 2^20 values are refused, not built."""
    doubling = "\n".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, aliases + 1))

    assert "far too many" in complaints(f"a0: &a0 [1, 1]\n{doubling}")


def test_numbers_and_text_are_told_apart() -> None:
    """The traps of YAML 1.1 are closed: exponents without a point are numbers; on, 1:30 and dates are text."""
    assert [plain(text) for text in ("1e-4", "1E3", "-.5", "200_000", "0", "1.")] == [1e-4, 1e3, -0.5, 200_000, 0, 1.0]
    for text in ("on", "no", "y", "12:30", "2026-01-31", "0x10", "0o10", "1e", "_1"):
        assert plain(text) == text
    assert plain("true") is True
    assert plain("null") is None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_every_number_that_python_writes_is_read_back(number: float) -> None:
    """Zero, negative zero and the smallest double included."""
    read = plain(repr(number))

    assert read == number
    assert type(read) is type(number)


@given(st.text(alphabet="ab:[]{}&*!|>#-?,'\"% \n01.e_~<=+", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No input ends in anything but a specification or a list of problems."""
    with suppress(SpecificationError):
        read_specification(text)


def test_what_the_server_says_is_told_by_line() -> None:
    """A wire path leads back to the line of the file, with the rest of the path kept."""
    specification = read_specification("\nspace:\n  lr: {double: [2, 1]}\nobjectives: [{minimize: a}]")

    problem = problem_at(specification.places, "study.spec.space.parameters[0].double.min", "2.0 is not below max 1.0")

    assert str(problem) == "line 3: space.lr.double[0]: 2.0 is not below max 1.0"
    unknown = problem_at(specification.places, "study_id", "bad")
    assert str(unknown) == "study_id: bad"


def test_a_double_choice_keeps_its_kind_in_conditions() -> None:
    """[0.5, 1] are doubles, and so is the 1 that a condition names."""
    text = "space: {a: {choice: [0.5, 1]}, b: {double: [0, 1], when: {a: 1}}}\nobjectives: [{minimize: l}]"

    spec = read_specification(text).spec

    assert spec.space.parameters[1].conditions[0].values[0].double_value == 1.0
