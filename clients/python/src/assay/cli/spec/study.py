"""A study's specification from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assay.cli.spec.document import Node, Problem, parse
from assay.cli.spec.fields import Fields, as_number, as_text, as_whole, did_you_mean
from assay.cli.spec.places import Draft
from assay.cli.spec.space import kind_of, read_space, values_for
from assay.cli.spec.strategy import read_strategy
from assay.errors import InvalidArgument
from assay.linear import Comparison, parse_comparison
from assay.v1 import space_pb2, study_pb2


class SpecificationError(ValueError):
    """A specification with something wrong in it; *problems* has all of it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """What a file says about a study."""

    study_id: str | None
    """The `name` of the file, if it gives one."""
    spec: study_pb2.StudySpec
    places: dict[str, Node]
    """Wire path -> where it stands in the file, for what the server has to say."""


def read_specification(text: str) -> Specification:
    """The specification that *text* holds.

    Raises:
        SpecificationError: with everything that can be seen without a server: misspelt keys, wrong
            types, names of parameters and metrics that do not exist.
    """
    root, problems = parse(text)
    if root is None:
        raise SpecificationError(problems)
    draft = Draft(problems=problems)
    fields = Fields(root, draft.problems, what="a study")
    draft.places["spec"] = root
    study_id = fields.text("name")
    spec = _read(fields, draft)
    fields.close()
    if draft.problems:
        raise SpecificationError(draft.problems)
    return Specification(study_id=study_id, spec=spec, places=draft.places)


def _read(fields: Fields, draft: Draft) -> study_pb2.StudySpec:
    spec = study_pb2.StudySpec(
        description=fields.text("description") or "",
        labels={key: text for key, node in fields.entries("labels").items() if (text := as_text(node, draft.problems))},
        space=read_space(fields.entries("space", required=True), draft),
    )
    _read_objectives(fields, spec, draft)
    _read_tracked_metrics(fields, spec, draft)
    _read_constraints(fields, spec, draft)
    _read_fidelity(fields, spec, draft)
    _read_budget(fields, spec, draft)
    read_strategy(fields, spec, draft)
    _read_baselines(fields, spec, draft)
    _read_transfer(fields, spec, draft)
    _read_rest(fields, spec, draft)
    for key in ("space", "objectives", "constraints", "fidelity", "budget", "strategy", "baselines"):
        if (node := fields.take(key)) is not None:
            draft.places.setdefault(f"spec.{key}", node)
    return spec


def _read_objectives(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    nodes = fields.items("objectives", required=True)
    for node in nodes:
        draft.places[f"spec.objectives[{len(spec.objectives)}]"] = node
        entry = Fields(node, draft.problems, what="an objective")
        goals = [goal for goal in _GOALS if goal in entry]
        if len(goals) != 1 and isinstance(node.content, Mapping):
            draft.complain(node, "needs either 'minimize' or 'maximize'")
        read = {goal: entry.text(goal) for goal in _GOALS}
        threshold = entry.number("threshold")
        entry.close()
        if len(goals) == 1 and (metric := read[goals[0]]) is not None:
            spec.objectives.append(study_pb2.Objective(metric=metric, goal=_GOALS[goals[0]], threshold=threshold))


def _read_tracked_metrics(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    for node in fields.items("tracked"):
        draft.places[f"spec.tracked_metrics[{len(spec.tracked_metrics)}]"] = node
        if (name := as_text(node, draft.problems)) is not None:
            spec.tracked_metrics.append(name)


def _read_constraints(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    for node in fields.items("constraints"):
        soft: float | None = None
        text_node: Node | None = node
        if isinstance(node.content, Mapping):
            entry = Fields(node, draft.problems, what="a constraint")
            text_node, soft = entry.take("bound", required=True), entry.number("soft_weight")
            entry.close()
        if text_node is None or (text := as_text(text_node, draft.problems)) is None:
            continue
        try:
            bound = parse_comparison(text)
        except InvalidArgument as error:
            for violation in error.violations:
                draft.complain(text_node, violation.description)
            continue
        _add_constraint(bound, soft, text_node, spec, draft)


def _add_constraint(bound: Comparison, soft: float | None, node: Node, spec: study_pb2.StudySpec, draft: Draft) -> None:
    """On parameters when it names one of them, on a metric otherwise."""
    parameters = {parameter.name for parameter in spec.space.parameters}
    metrics = [*(objective.metric for objective in spec.objectives), *spec.tracked_metrics]
    unknown = [name for name in bound.weights if name not in parameters and name not in metrics]
    for name in unknown:
        hint = did_you_mean(name, [*metrics, *parameters])
        text = f"{name!r} is neither a metric nor a parameter{hint}"
        draft.complain(node, f"{text}; metrics that are no objectives are listed under tracked")
    if unknown:
        return
    if all(name in metrics for name in bound.weights):
        _add_outcome_constraint(bound, soft, node, spec, draft)
    elif any(name not in parameters for name in bound.weights):
        draft.complain(node, "mixes metrics and parameters")
    elif soft is not None:
        draft.complain(node, "only a bound on a metric can be soft")
    else:
        draft.places[f"spec.space.constraints[{len(spec.space.constraints)}]"] = node
        terms = [space_pb2.LinearTerm(name=name, weight=weight) for name, weight in bound.weights.items()]
        spec.space.constraints.append(
            space_pb2.ParameterConstraint(terms=terms, comparison=_comparison(bound.at_most), bound=bound.bound)
        )


def _add_outcome_constraint(
    bound: Comparison,
    soft: float | None,
    node: Node,
    spec: study_pb2.StudySpec,
    draft: Draft,
) -> None:
    if len(bound.weights) != 1:
        draft.complain(node, f"bounds one metric at a time, not {' and '.join(bound.weights)} together")
        return
    ((metric, weight),) = bound.weights.items()
    at_most = bound.at_most == (weight > 0)  # "10 >= a" arrives as -a >= -10
    draft.places[f"spec.constraints[{len(spec.constraints)}]"] = node
    spec.constraints.append(
        study_pb2.OutcomeConstraint(
            metric=metric, comparison=_comparison(at_most), bound=bound.bound / weight, soft_weight=soft
        )
    )


def _comparison(at_most: bool) -> space_pb2.Comparison:
    return space_pb2.COMPARISON_LESS_EQUAL if at_most else space_pb2.COMPARISON_GREATER_EQUAL


def _read_fidelity(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    node = fields.take("fidelity")
    if node is None:
        return
    entry = Fields(node, draft.problems, what="a fidelity")
    fidelity = spec.fidelity
    fidelity.name = entry.text("name", required=True) or ""
    fidelity.min = entry.whole("min", required=True) or 0
    fidelity.max = entry.whole("max", required=True) or 0
    if (eta := entry.number("eta")) is not None:
        fidelity.eta = eta
    rungs = [as_whole(item, draft.problems) for item in entry.items("rungs")]
    fidelity.rungs.extend(rung for rung in rungs if rung is not None)
    cost = entry.take("cost_model")
    if cost is not None:
        model = Fields(cost, draft.problems, what="a cost model")
        fidelity.cost_model.startup_cost = model.number("startup_cost") or 0.0
        fidelity.cost_model.cost_per_step = model.number("cost_per_step", required=True) or 0.0
        model.close()
    entry.close()
    for key, item in (node.content if isinstance(node.content, Mapping) else {}).items():
        draft.places[f"spec.fidelity.{key}"] = item


def _read_budget(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    node = fields.take("budget")
    if node is None:
        return
    entry = Fields(node, draft.problems, what="a budget")
    budget = spec.budget
    budget.SetInParent()
    if (trials := entry.whole("trials")) is not None:
        budget.max_trials = trials
    if (cost := entry.number("cost")) is not None:
        budget.max_cost = cost
    if (duration_s := entry.duration_s("duration")) is not None:
        budget.max_duration.FromNanoseconds(round(duration_s * 1e9))
    if (parallelism := entry.whole("parallelism")) is not None:
        budget.parallelism = min(parallelism, 2**31 - 1)
    _read_targets(entry, spec, draft)
    _read_convergence(entry, spec, draft)
    entry.close()
    for key, wire in (("trials", "max_trials"), ("cost", "max_cost"), ("duration", "max_duration")):
        if (item := entry.take(key)) is not None:
            draft.places[f"spec.budget.{wire}"] = item


def _read_convergence(entry: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    node = entry.take("convergence")
    if node is None:
        return
    draft.places["spec.budget.convergence"] = node
    rule = Fields(node, draft.problems, what="a convergence")
    convergence = spec.budget.convergence
    if (window := rule.whole("window_trials", required=True)) is not None:
        convergence.window_trials = window
    if (share := rule.number("min_relative_improvement")) is not None:
        convergence.min_relative_improvement = share
    rule.close()
    for key in ("window_trials", "min_relative_improvement"):
        if (item := rule.take(key)) is not None:
            draft.places[f"spec.budget.convergence.{key}"] = item


def _read_targets(entry: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    objectives = [objective.metric for objective in spec.objectives]
    for metric, node in entry.entries("targets").items():
        draft.places[f"spec.budget.targets[{len(spec.budget.targets)}]"] = node
        value = as_number(node, draft.problems)
        if metric not in objectives:
            draft.complain(node, f"{metric!r} is not an objective{did_you_mean(metric, objectives)}")
        elif value is not None:
            spec.budget.targets.append(study_pb2.Target(metric=metric, value=value))


def _read_baselines(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    kinds = {parameter.name: kind_of(parameter) for parameter in spec.space.parameters}
    for node in fields.items("baselines"):
        path = f"spec.baselines[{len(spec.baselines)}]"
        draft.places[path] = node
        configuration = spec.baselines.add()
        entry = node.content if isinstance(node.content, Mapping) else {}
        if not isinstance(node.content, Mapping):
            draft.complain(node, f"a baseline must be a mapping, not {node.shown}")
        for name, item in entry.items():
            draft.places[f"{path}.values[{name!r}]"] = item
            if name not in kinds:
                draft.complain(item, f"the space has no parameter {name!r}{did_you_mean(name, kinds)}")
                continue
            for value in values_for(kinds[name], item, draft)[:1]:
                configuration.values[name].CopyFrom(value)
    if fields.flag("baseline") is False:
        spec.no_default_baseline = True


def _read_transfer(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    for node in fields.items("transfer"):
        path = f"spec.transfer[{len(spec.transfer)}]"
        draft.places[path] = node
        source = spec.transfer.add()
        if isinstance(node.content, str):
            source.study = node.content
            continue
        entry = Fields(node, draft.problems, what="a source of a transfer")
        source.study = entry.text("study", required=True) or ""
        if (most := entry.whole("max_trials")) is not None:
            source.max_trials = min(most, 2**31 - 1)
        entry.close()


def _read_rest(fields: Fields, spec: study_pb2.StudySpec, draft: Draft) -> None:
    if (seed := fields.whole("seed")) is not None:
        spec.seed = seed
    if (max_attempts := fields.whole("max_attempts")) is not None:
        spec.max_attempts = min(max_attempts, 2**31 - 1)
    if (lease_ttl_s := fields.duration_s("lease_ttl")) is not None:
        spec.lease_ttl.FromNanoseconds(round(lease_ttl_s * 1e9))
    for key in ("description", "labels", "seed", "max_attempts", "lease_ttl"):
        if (node := fields.take(key)) is not None:
            draft.places[f"spec.{key}"] = node
    node = fields.take("comparability")
    if node is not None:
        draft.places["spec.comparability"] = node
        entry = Fields(node, draft.problems, what="a comparability key")
        for key in ("dataset_fingerprint", "code_version", "evaluation_protocol"):
            if (text := entry.text(key)) is not None:
                setattr(spec.comparability, key, text)
        entry.close()


_GOALS = {"minimize": study_pb2.GOAL_MINIMIZE, "maximize": study_pb2.GOAL_MAXIMIZE}
