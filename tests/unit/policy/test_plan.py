"""What a buffer needs, in numbers."""

from dataclasses import replace
from datetime import timedelta

from assay_server.domain.budget import Budget
from assay_server.domain.candidate import Candidate
from assay_server.domain.measurement import Measurement, MetricValue
from assay_server.domain.strategy import (
    Bayesian,
    Evolutionary,
    Freshness,
    GeneratorSpec,
    Phase,
    Random,
    Sobol,
    Strategy,
)
from assay_server.domain.study import Study, Tally
from assay_server.policy.demand import Demand
from assay_server.policy.plan import Want, fits, plan
from assay_server.policy.snapshot import thinned
from assay_server.strategies.table import TABLE
from assay_server.testing.builders import a_generation, a_spec, a_study
from assay_server.testing.clock import START

NOTHING_YET = Tally()


def of(
    *generators: GeneratorSpec,
    first: int | None = None,
    min_feasible: int | None = None,
    tally: Tally = NOTHING_YET,
    max_trials: int | None = None,
    freshness: Freshness = Freshness.BUFFERED,
) -> Study:
    phases = [Phase(generator=g) for g in generators]
    phases[0] = replace(phases[0], max_trials=first, min_feasible=min_feasible)
    strategy = Strategy(phases=tuple(phases), freshness=freshness)
    return a_study(spec=a_spec(strategy=strategy, budget=Budget(max_trials=max_trials)), tally=tally)


def candidates(count: int, *, phase: int = 0, seen: int = 0) -> list[Candidate]:
    generation = replace(a_generation(phase=phase), num_results_seen=seen)
    return [Candidate(configuration={"lr": i / 1000}, generation=generation) for i in range(count)]


def busy(rate_per_s: float, refill_s: float, *, learns: bool) -> Demand:
    demand = Demand()
    demand.saw(0, START)
    demand.saw(round(100 * rate_per_s), START + timedelta(seconds=100))
    demand.refilled(refill_s, learns=learns)
    return demand


def test_the_rate_is_right_from_the_first_interval_on() -> None:
    """An average that began at zero would let the first fleet starve."""
    demand = Demand()
    demand.saw(0, START)
    demand.saw(20, START + timedelta(seconds=1))

    assert demand.rate_per_s == 20.0


def test_a_fleet_that_leaves_is_forgotten() -> None:
    """The rate follows what happens, within minutes."""
    demand = busy(10.0, 1.0, learns=True)
    demand.saw(1000, START + timedelta(seconds=100 + 300))

    assert demand.rate_per_s < 0.01


def test_depth_doubles_while_askers_starve_and_halves_while_candidates_grow_old() -> None:
    """What is taken tells nothing about demand while there is nothing to take."""
    demand, depths = Demand(), []

    for _ in range(6):
        demand.starved()
        depths.append(demand.depth(learns=True))
    for _ in range(6):
        demand.rested()
        depths.append(demand.depth(learns=True))

    assert depths == [4, 8, 16, 32, 32, 32, 16, 8, 4, 2, 2, 2]


def test_depth_is_what_is_taken_during_a_refill_and_half_as_much_again() -> None:
    """Two candidates per second and fits of ten seconds: thirty; at least two, at most 512."""
    assert busy(2.0, 10.0, learns=True).depth(learns=True) == 30
    assert Demand().depth(learns=True) == 2
    assert Demand().depth(learns=False) == 16
    assert busy(100.0, 100.0, learns=True).depth(learns=True) == 512


def test_a_model_free_buffer_is_filled_up_when_it_is_half_empty() -> None:
    """Not for every candidate that is taken."""
    study = of(Random())

    counts = [plan(study, candidates(n), demand=Demand(), want=None, table=TABLE).count for n in (0, 7, 8, 16)]

    assert counts == [16, 9, 0, 0]


def test_a_fit_makes_a_batch() -> None:
    """At most as many as the user says; as many as are missing by default."""
    demand = busy(2.0, 10.0, learns=True)

    assert plan(of(Bayesian()), [], demand=demand, want=None, table=TABLE).count == 30
    assert plan(of(Bayesian(batch_size=9)), [], demand=demand, want=None, table=TABLE).count == 9
    assert plan(of(Bayesian(batch_size=9)), candidates(28), demand=demand, want=None, table=TABLE).count == 2


def test_a_phase_is_not_overfilled() -> None:
    """Taken and waiting candidates count; the next phase begins only when this one is full."""
    study = of(Sobol(), Bayesian(), first=5, tally=Tally(num_created=2, num_generated=(2,)))

    before = plan(study, candidates(1), demand=Demand(), want=None, table=TABLE)
    after = plan(study, candidates(3), demand=Demand(), want=Want(count=4, min_results_seen=0), table=TABLE)

    assert (before.phase, before.first_index, before.count) == (0, 3, 2)
    assert (after.phase, after.first_index, after.count) == (1, 0, 1)


def test_the_budget_limits_what_is_made() -> None:
    """Trials of every origin use it up."""
    study = of(Random(), max_trials=10, tally=Tally(num_created=7, num_generated=(4,)))

    assert plan(study, candidates(1), demand=Demand(), want=None, table=TABLE).count == 2


def test_an_exhausted_phase_is_followed_by_the_next() -> None:
    """A grid may end before its max_trials."""
    study = of(Sobol(), Bayesian(), first=5)

    assert plan(study, [], demand=Demand(), want=None, table=TABLE, exhausted={0}).phase == 1


def test_refreshing_begins_at_half_the_staleness() -> None:
    """Default 8: at four new results the old ones are replaced, at eight they are dropped."""
    study = of(Bayesian(), tally=Tally(num_results=20))

    def made(seen: int) -> tuple[int, int, int]:
        found = plan(study, candidates(2, seen=seen), demand=Demand(), want=None, table=TABLE)
        return found.count, found.replaces_seen, found.discard_seen

    assert made(17) == (0, -1, -1)
    assert made(16) == (2, 16, -1)
    assert made(12) == (2, 16, 12)


def test_evolution_makes_few_ahead_and_replaces_what_is_old() -> None:
    """It takes milliseconds, but what was bred from old results is worth less: as for a model."""
    study = of(Evolutionary(), tally=Tally(num_results=20))

    first = plan(study, [], demand=Demand(), want=None, table=TABLE)
    old = plan(study, candidates(2, seen=16), demand=Demand(), want=None, table=TABLE)

    assert first.count == 2
    assert (old.count, old.replaces_seen) == (2, 16)


def test_taking_a_candidate_does_not_spoil_a_plan() -> None:
    """While a model fits the buffer empties; that is what it is for."""
    study = of(Bayesian(), tally=Tally(num_created=3, num_generated=(3,), num_results=3))
    waiting = candidates(1, seen=3)
    made = plan(study, waiting, demand=Demand(), want=None, table=TABLE)
    taken = replace(study, tally=replace(study.tally, num_created=4, num_generated=(4,)))

    assert fits(taken, [], made) == (True, 512)


def test_another_replicas_refill_spoils_a_plan() -> None:
    """The same indices must not be used twice."""
    study = of(Random())
    made = plan(study, [], demand=Demand(), want=None, table=TABLE)

    assert not fits(study, candidates(16), made)[0]


def test_a_phase_that_ended_meanwhile_spoils_a_plan() -> None:
    """Enough feasible results came in while its candidates were made."""
    study = of(Sobol(), Bayesian(), min_feasible=3)
    made = plan(study, [], demand=Demand(), want=None, table=TABLE)

    assert not fits(replace(study, tally=Tally(num_feasible=3)), [], made)[0]


def test_strict_makes_nothing_unless_it_is_wanted() -> None:
    """And then what is missing, in the place of what has seen too little."""
    study = of(Bayesian(), freshness=Freshness.STRICT, tally=Tally(num_results=9))
    waiting = [*candidates(2, seen=8), *candidates(1, seen=9)]

    unasked = plan(study, waiting, demand=Demand(), want=None, table=TABLE)
    asked = plan(study, waiting, demand=Demand(), want=Want(count=3, min_results_seen=9), table=TABLE)

    assert unasked.count == 0
    assert (asked.count, asked.replaces_seen, asked.first_index) == (2, 8, 1)


def test_a_long_curve_keeps_its_rungs_and_its_end() -> None:
    """A surrogate learns little from the rest."""
    curve = [Measurement(step=s, metrics={"loss": MetricValue(value=1.0 / s)}) for s in range(1, 1001)]

    kept = [m.step for m in thinned(curve, (10, 100, 1000))]

    assert {10, 100, 1000} <= set(kept)
    assert len(kept) <= 36
    assert kept == sorted(kept)
