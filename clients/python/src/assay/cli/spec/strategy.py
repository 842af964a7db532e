"""How a study chooses, in a specification: `phases: [{sobol: {}, trials: 10}, bayesian]`."""

from __future__ import annotations

from collections.abc import Mapping

from assay.cli.spec.document import Node
from assay.cli.spec.fields import Fields, did_you_mean
from assay.cli.spec.places import Draft
from assay.v1 import study_pb2

_GENERATORS = ("grid", "random", "sobol", "bayesian", "evolutionary", "population_based")
_SCHEDULERS = ("full_fidelity", "successive_halving", "hyperband", "asynchronous_halving", "percentile")
_FRESHNESS = {"buffered": study_pb2.FRESHNESS_BUFFERED, "strict": study_pb2.FRESHNESS_STRICT}


def read_strategy(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    """The strategy, if there is one."""
    node = fields.take("strategy")
    if node is None:
        return
    entry = Fields(node, draft.problems, what="a strategy")
    strategy = spec.strategy
    strategy.SetInParent()
    for phase in entry.items("phases"):
        draft.places[f"spec.strategy.phases[{len(strategy.phases)}]"] = phase
        strategy.phases.append(_phase(phase, draft))
    scheduler = entry.take("scheduler")
    if scheduler is not None:
        draft.places["spec.strategy.scheduler"] = scheduler
        _read_scheduler(scheduler, strategy.scheduler, draft)
    freshness = entry.take("freshness")
    if freshness is not None:
        _read_freshness(freshness, strategy, draft)
    if (staleness := entry.whole("max_staleness")) is not None:
        strategy.max_staleness = min(staleness, 2**31 - 1)
    entry.close()


def _phase(node: Node, draft: Draft) -> study_pb2.Phase:
    phase = study_pb2.Phase()
    ends = ("trials", "min_feasible", "min_model_quality")
    name, options = _kind(node, _GENERATORS, ends, "generator", draft)
    if name is None:
        return phase
    if isinstance(node.content, Mapping):
        entry = Fields(node, draft.problems, what="a phase")
        entry.take(name)
        if (trials := entry.whole("trials")) is not None:
            phase.max_trials = trials
        if (min_feasible := entry.whole("min_feasible")) is not None:
            phase.min_feasible = min_feasible
        if (quality := entry.number("min_model_quality")) is not None:
            phase.min_model_quality = quality
        entry.close()
    _read_generator(name, options, phase.generator, draft)
    return phase


def _read_generator(name: str, options: Node, generator: study_pb2.Generator, draft: Draft) -> None:
    getattr(generator, name).SetInParent()
    entry = Fields(options, draft.problems, what=f"generator {name!r}")
    match name:
        case "grid":
            if (resolution := entry.whole("resolution")) is not None:
                generator.grid.resolution = _int32(resolution)
        case "bayesian":
            if (batch_size := entry.whole("batch_size")) is not None:
                generator.bayesian.batch_size = _int32(batch_size)
        case "evolutionary":
            if (size := entry.whole("population_size")) is not None:
                generator.evolutionary.population_size = _int32(size)
            generator.evolutionary.regularised = entry.flag("regularised") or False
        case "population_based":
            population = generator.population_based
            population.population_size = _int32(entry.whole("population_size", required=True) or 0)
            population.ready_interval = entry.whole("ready_interval", required=True) or 0
            population.bandit = entry.flag("bandit") or False
    entry.close()


def _read_scheduler(node: Node, scheduler: study_pb2.Scheduler, draft: Draft) -> None:
    name, options = _kind(node, _SCHEDULERS, (), "scheduler", draft)
    if name is None:
        return
    getattr(scheduler, name).SetInParent()
    entry = Fields(options, draft.problems, what=f"scheduler {name!r}")
    match name:
        case "successive_halving":
            scheduler.successive_halving.bracket_size = _int32(entry.whole("bracket_size", required=True) or 0)
        case "hyperband":
            scheduler.hyperband.asynchronous = entry.flag("asynchronous") or False
        case "asynchronous_halving":
            if (stopping := entry.flag("stopping")) is not None:
                forms = {True: study_pb2.HALVING_FORM_STOPPING, False: study_pb2.HALVING_FORM_PROMOTING}
                scheduler.asynchronous_halving.form = forms[stopping]
            scheduler.asynchronous_halving.progressive = entry.flag("progressive") or False
        case "percentile":
            scheduler.percentile.percentile = entry.number("percentile", required=True) or 0.0
            scheduler.percentile.min_trials = _int32(entry.whole("min_trials", required=True) or 0)
    entry.close()


def _kind(
    node: Node, known: tuple[str, ...], beside: tuple[str, ...], what: str, draft: Draft
) -> tuple[str | None, Node]:
    """The kind that *node* names, as a word or as the key of its options, and the options."""
    nothing = Node(path=node.path, line=node.line, content={})
    match node.content:
        case str() as name if name in known:
            return name, nothing
        case str() as name:
            draft.complain(node, f"there is no {what} {name!r}{did_you_mean(name, known)}")
        case Mapping():
            names = [key for key in node.content if key in known]
            unknown = [key for key in node.content if key not in known and key not in beside]
            if len(names) == 1 and (unknown == [] or beside):
                options = node.content[names[0]]
                return names[0], options if options.content is not None else nothing
            if unknown:
                draft.complain(node, f"there is no {what} {unknown[0]!r}{did_you_mean(unknown[0], known)}")
            else:
                draft.complain(node, f"needs exactly one {what}: {', '.join(known)}")
        case _:
            draft.complain(node, f"must be the name of a {what}, not {node.shown}")
    return None, nothing


def _read_freshness(node: Node, strategy: study_pb2.Strategy, draft: Draft) -> None:
    word = node.content
    if isinstance(word, str) and word in _FRESHNESS:
        strategy.freshness = _FRESHNESS[word]
    else:
        hint = did_you_mean(word, _FRESHNESS) if isinstance(word, str) else ""
        draft.complain(node, f"must be {' or '.join(_FRESHNESS)}, not {node.shown}{hint}")


def _int32(number: int) -> int:
    """Out of range stays out of range: the server says which range it is."""
    return max(-(2**31), min(number, 2**31 - 1))
