import datetime

from assay.v1 import space_pb2 as _space_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Goal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GOAL_UNSPECIFIED: _ClassVar[Goal]
    GOAL_MINIMIZE: _ClassVar[Goal]
    GOAL_MAXIMIZE: _ClassVar[Goal]

class HalvingForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HALVING_FORM_UNSPECIFIED: _ClassVar[HalvingForm]
    HALVING_FORM_PROMOTING: _ClassVar[HalvingForm]
    HALVING_FORM_STOPPING: _ClassVar[HalvingForm]

class Freshness(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FRESHNESS_UNSPECIFIED: _ClassVar[Freshness]
    FRESHNESS_BUFFERED: _ClassVar[Freshness]
    FRESHNESS_STRICT: _ClassVar[Freshness]

class StudyState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUDY_STATE_UNSPECIFIED: _ClassVar[StudyState]
    STUDY_STATE_ACTIVE: _ClassVar[StudyState]
    STUDY_STATE_STOPPED: _ClassVar[StudyState]
    STUDY_STATE_COMPLETED: _ClassVar[StudyState]

class StudyEndReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUDY_END_REASON_UNSPECIFIED: _ClassVar[StudyEndReason]
    STUDY_END_REASON_STOPPED_BY_USER: _ClassVar[StudyEndReason]
    STUDY_END_REASON_MAX_TRIALS: _ClassVar[StudyEndReason]
    STUDY_END_REASON_MAX_COST: _ClassVar[StudyEndReason]
    STUDY_END_REASON_MAX_DURATION: _ClassVar[StudyEndReason]
    STUDY_END_REASON_TARGET_REACHED: _ClassVar[StudyEndReason]
    STUDY_END_REASON_SPACE_EXHAUSTED: _ClassVar[StudyEndReason]
    STUDY_END_REASON_CONVERGED: _ClassVar[StudyEndReason]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_INFO: _ClassVar[Severity]
    SEVERITY_WARNING: _ClassVar[Severity]
    SEVERITY_ERROR: _ClassVar[Severity]
GOAL_UNSPECIFIED: Goal
GOAL_MINIMIZE: Goal
GOAL_MAXIMIZE: Goal
HALVING_FORM_UNSPECIFIED: HalvingForm
HALVING_FORM_PROMOTING: HalvingForm
HALVING_FORM_STOPPING: HalvingForm
FRESHNESS_UNSPECIFIED: Freshness
FRESHNESS_BUFFERED: Freshness
FRESHNESS_STRICT: Freshness
STUDY_STATE_UNSPECIFIED: StudyState
STUDY_STATE_ACTIVE: StudyState
STUDY_STATE_STOPPED: StudyState
STUDY_STATE_COMPLETED: StudyState
STUDY_END_REASON_UNSPECIFIED: StudyEndReason
STUDY_END_REASON_STOPPED_BY_USER: StudyEndReason
STUDY_END_REASON_MAX_TRIALS: StudyEndReason
STUDY_END_REASON_MAX_COST: StudyEndReason
STUDY_END_REASON_MAX_DURATION: StudyEndReason
STUDY_END_REASON_TARGET_REACHED: StudyEndReason
STUDY_END_REASON_SPACE_EXHAUSTED: StudyEndReason
STUDY_END_REASON_CONVERGED: StudyEndReason
SEVERITY_UNSPECIFIED: Severity
SEVERITY_INFO: Severity
SEVERITY_WARNING: Severity
SEVERITY_ERROR: Severity

class Objective(_message.Message):
    __slots__ = ("metric", "goal", "threshold")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    metric: str
    goal: Goal
    threshold: float
    def __init__(self, metric: _Optional[str] = ..., goal: _Optional[_Union[Goal, str]] = ..., threshold: _Optional[float] = ...) -> None: ...

class OutcomeConstraint(_message.Message):
    __slots__ = ("metric", "comparison", "bound", "soft_weight")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    SOFT_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    metric: str
    comparison: _space_pb2.Comparison
    bound: float
    soft_weight: float
    def __init__(self, metric: _Optional[str] = ..., comparison: _Optional[_Union[_space_pb2.Comparison, str]] = ..., bound: _Optional[float] = ..., soft_weight: _Optional[float] = ...) -> None: ...

class CostModel(_message.Message):
    __slots__ = ("startup_cost", "cost_per_step")
    STARTUP_COST_FIELD_NUMBER: _ClassVar[int]
    COST_PER_STEP_FIELD_NUMBER: _ClassVar[int]
    startup_cost: float
    cost_per_step: float
    def __init__(self, startup_cost: _Optional[float] = ..., cost_per_step: _Optional[float] = ...) -> None: ...

class Fidelity(_message.Message):
    __slots__ = ("name", "min", "max", "eta", "rungs", "cost_model")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    RUNGS_FIELD_NUMBER: _ClassVar[int]
    COST_MODEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    min: int
    max: int
    eta: float
    rungs: _containers.RepeatedScalarFieldContainer[int]
    cost_model: CostModel
    def __init__(self, name: _Optional[str] = ..., min: _Optional[int] = ..., max: _Optional[int] = ..., eta: _Optional[float] = ..., rungs: _Optional[_Iterable[int]] = ..., cost_model: _Optional[_Union[CostModel, _Mapping]] = ...) -> None: ...

class Target(_message.Message):
    __slots__ = ("metric", "value")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    metric: str
    value: float
    def __init__(self, metric: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Convergence(_message.Message):
    __slots__ = ("window_trials", "min_relative_improvement")
    WINDOW_TRIALS_FIELD_NUMBER: _ClassVar[int]
    MIN_RELATIVE_IMPROVEMENT_FIELD_NUMBER: _ClassVar[int]
    window_trials: int
    min_relative_improvement: float
    def __init__(self, window_trials: _Optional[int] = ..., min_relative_improvement: _Optional[float] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("max_trials", "max_cost", "max_duration", "parallelism", "targets", "convergence")
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    MAX_COST_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_FIELD_NUMBER: _ClassVar[int]
    PARALLELISM_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    CONVERGENCE_FIELD_NUMBER: _ClassVar[int]
    max_trials: int
    max_cost: float
    max_duration: _duration_pb2.Duration
    parallelism: int
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    convergence: Convergence
    def __init__(self, max_trials: _Optional[int] = ..., max_cost: _Optional[float] = ..., max_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., parallelism: _Optional[int] = ..., targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ..., convergence: _Optional[_Union[Convergence, _Mapping]] = ...) -> None: ...

class GridGenerator(_message.Message):
    __slots__ = ("resolution",)
    RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    resolution: int
    def __init__(self, resolution: _Optional[int] = ...) -> None: ...

class RandomGenerator(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SobolGenerator(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BayesianGenerator(_message.Message):
    __slots__ = ("batch_size",)
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    def __init__(self, batch_size: _Optional[int] = ...) -> None: ...

class EvolutionaryGenerator(_message.Message):
    __slots__ = ("population_size", "regularised")
    POPULATION_SIZE_FIELD_NUMBER: _ClassVar[int]
    REGULARISED_FIELD_NUMBER: _ClassVar[int]
    population_size: int
    regularised: bool
    def __init__(self, population_size: _Optional[int] = ..., regularised: bool = ...) -> None: ...

class PopulationBasedGenerator(_message.Message):
    __slots__ = ("population_size", "ready_interval", "bandit")
    POPULATION_SIZE_FIELD_NUMBER: _ClassVar[int]
    READY_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    BANDIT_FIELD_NUMBER: _ClassVar[int]
    population_size: int
    ready_interval: int
    bandit: bool
    def __init__(self, population_size: _Optional[int] = ..., ready_interval: _Optional[int] = ..., bandit: bool = ...) -> None: ...

class Generator(_message.Message):
    __slots__ = ("grid", "random", "sobol", "bayesian", "evolutionary", "population_based")
    GRID_FIELD_NUMBER: _ClassVar[int]
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    SOBOL_FIELD_NUMBER: _ClassVar[int]
    BAYESIAN_FIELD_NUMBER: _ClassVar[int]
    EVOLUTIONARY_FIELD_NUMBER: _ClassVar[int]
    POPULATION_BASED_FIELD_NUMBER: _ClassVar[int]
    grid: GridGenerator
    random: RandomGenerator
    sobol: SobolGenerator
    bayesian: BayesianGenerator
    evolutionary: EvolutionaryGenerator
    population_based: PopulationBasedGenerator
    def __init__(self, grid: _Optional[_Union[GridGenerator, _Mapping]] = ..., random: _Optional[_Union[RandomGenerator, _Mapping]] = ..., sobol: _Optional[_Union[SobolGenerator, _Mapping]] = ..., bayesian: _Optional[_Union[BayesianGenerator, _Mapping]] = ..., evolutionary: _Optional[_Union[EvolutionaryGenerator, _Mapping]] = ..., population_based: _Optional[_Union[PopulationBasedGenerator, _Mapping]] = ...) -> None: ...

class Phase(_message.Message):
    __slots__ = ("generator", "max_trials", "min_feasible", "min_model_quality")
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    MIN_FEASIBLE_FIELD_NUMBER: _ClassVar[int]
    MIN_MODEL_QUALITY_FIELD_NUMBER: _ClassVar[int]
    generator: Generator
    max_trials: int
    min_feasible: int
    min_model_quality: float
    def __init__(self, generator: _Optional[_Union[Generator, _Mapping]] = ..., max_trials: _Optional[int] = ..., min_feasible: _Optional[int] = ..., min_model_quality: _Optional[float] = ...) -> None: ...

class FullFidelityScheduler(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SuccessiveHalvingScheduler(_message.Message):
    __slots__ = ("bracket_size",)
    BRACKET_SIZE_FIELD_NUMBER: _ClassVar[int]
    bracket_size: int
    def __init__(self, bracket_size: _Optional[int] = ...) -> None: ...

class HyperbandScheduler(_message.Message):
    __slots__ = ("asynchronous",)
    ASYNCHRONOUS_FIELD_NUMBER: _ClassVar[int]
    asynchronous: bool
    def __init__(self, asynchronous: bool = ...) -> None: ...

class AsynchronousHalvingScheduler(_message.Message):
    __slots__ = ("form", "progressive")
    FORM_FIELD_NUMBER: _ClassVar[int]
    PROGRESSIVE_FIELD_NUMBER: _ClassVar[int]
    form: HalvingForm
    progressive: bool
    def __init__(self, form: _Optional[_Union[HalvingForm, str]] = ..., progressive: bool = ...) -> None: ...

class PercentileScheduler(_message.Message):
    __slots__ = ("percentile", "min_trials")
    PERCENTILE_FIELD_NUMBER: _ClassVar[int]
    MIN_TRIALS_FIELD_NUMBER: _ClassVar[int]
    percentile: float
    min_trials: int
    def __init__(self, percentile: _Optional[float] = ..., min_trials: _Optional[int] = ...) -> None: ...

class Scheduler(_message.Message):
    __slots__ = ("full_fidelity", "successive_halving", "hyperband", "asynchronous_halving", "percentile")
    FULL_FIDELITY_FIELD_NUMBER: _ClassVar[int]
    SUCCESSIVE_HALVING_FIELD_NUMBER: _ClassVar[int]
    HYPERBAND_FIELD_NUMBER: _ClassVar[int]
    ASYNCHRONOUS_HALVING_FIELD_NUMBER: _ClassVar[int]
    PERCENTILE_FIELD_NUMBER: _ClassVar[int]
    full_fidelity: FullFidelityScheduler
    successive_halving: SuccessiveHalvingScheduler
    hyperband: HyperbandScheduler
    asynchronous_halving: AsynchronousHalvingScheduler
    percentile: PercentileScheduler
    def __init__(self, full_fidelity: _Optional[_Union[FullFidelityScheduler, _Mapping]] = ..., successive_halving: _Optional[_Union[SuccessiveHalvingScheduler, _Mapping]] = ..., hyperband: _Optional[_Union[HyperbandScheduler, _Mapping]] = ..., asynchronous_halving: _Optional[_Union[AsynchronousHalvingScheduler, _Mapping]] = ..., percentile: _Optional[_Union[PercentileScheduler, _Mapping]] = ...) -> None: ...

class Strategy(_message.Message):
    __slots__ = ("phases", "scheduler", "freshness", "max_staleness")
    PHASES_FIELD_NUMBER: _ClassVar[int]
    SCHEDULER_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    MAX_STALENESS_FIELD_NUMBER: _ClassVar[int]
    phases: _containers.RepeatedCompositeFieldContainer[Phase]
    scheduler: Scheduler
    freshness: Freshness
    max_staleness: int
    def __init__(self, phases: _Optional[_Iterable[_Union[Phase, _Mapping]]] = ..., scheduler: _Optional[_Union[Scheduler, _Mapping]] = ..., freshness: _Optional[_Union[Freshness, str]] = ..., max_staleness: _Optional[int] = ...) -> None: ...

class TransferSource(_message.Message):
    __slots__ = ("study", "max_trials")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    study: str
    max_trials: int
    def __init__(self, study: _Optional[str] = ..., max_trials: _Optional[int] = ...) -> None: ...

class StudySpec(_message.Message):
    __slots__ = ("description", "labels", "space", "objectives", "constraints", "tracked_metrics", "fidelity", "budget", "strategy", "seed", "baselines", "no_default_baseline", "max_attempts", "lease_ttl", "comparability", "transfer")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SPACE_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVES_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    TRACKED_METRICS_FIELD_NUMBER: _ClassVar[int]
    FIDELITY_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    BASELINES_FIELD_NUMBER: _ClassVar[int]
    NO_DEFAULT_BASELINE_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LEASE_TTL_FIELD_NUMBER: _ClassVar[int]
    COMPARABILITY_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    description: str
    labels: _containers.ScalarMap[str, str]
    space: _space_pb2.SearchSpace
    objectives: _containers.RepeatedCompositeFieldContainer[Objective]
    constraints: _containers.RepeatedCompositeFieldContainer[OutcomeConstraint]
    tracked_metrics: _containers.RepeatedScalarFieldContainer[str]
    fidelity: Fidelity
    budget: Budget
    strategy: Strategy
    seed: int
    baselines: _containers.RepeatedCompositeFieldContainer[_space_pb2.Configuration]
    no_default_baseline: bool
    max_attempts: int
    lease_ttl: _duration_pb2.Duration
    comparability: ComparabilityKey
    transfer: _containers.RepeatedCompositeFieldContainer[TransferSource]
    def __init__(self, description: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., space: _Optional[_Union[_space_pb2.SearchSpace, _Mapping]] = ..., objectives: _Optional[_Iterable[_Union[Objective, _Mapping]]] = ..., constraints: _Optional[_Iterable[_Union[OutcomeConstraint, _Mapping]]] = ..., tracked_metrics: _Optional[_Iterable[str]] = ..., fidelity: _Optional[_Union[Fidelity, _Mapping]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., strategy: _Optional[_Union[Strategy, _Mapping]] = ..., seed: _Optional[int] = ..., baselines: _Optional[_Iterable[_Union[_space_pb2.Configuration, _Mapping]]] = ..., no_default_baseline: bool = ..., max_attempts: _Optional[int] = ..., lease_ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., comparability: _Optional[_Union[ComparabilityKey, _Mapping]] = ..., transfer: _Optional[_Iterable[_Union[TransferSource, _Mapping]]] = ...) -> None: ...

class ComparabilityKey(_message.Message):
    __slots__ = ("dataset_fingerprint", "code_version", "evaluation_protocol")
    DATASET_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    dataset_fingerprint: str
    code_version: str
    evaluation_protocol: str
    def __init__(self, dataset_fingerprint: _Optional[str] = ..., code_version: _Optional[str] = ..., evaluation_protocol: _Optional[str] = ...) -> None: ...

class TrialCounts(_message.Message):
    __slots__ = ("queued", "running", "paused", "succeeded", "stopped", "failed", "infeasible")
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    INFEASIBLE_FIELD_NUMBER: _ClassVar[int]
    queued: int
    running: int
    paused: int
    succeeded: int
    stopped: int
    failed: int
    infeasible: int
    def __init__(self, queued: _Optional[int] = ..., running: _Optional[int] = ..., paused: _Optional[int] = ..., succeeded: _Optional[int] = ..., stopped: _Optional[int] = ..., failed: _Optional[int] = ..., infeasible: _Optional[int] = ...) -> None: ...

class Study(_message.Message):
    __slots__ = ("name", "uid", "spec", "state", "end_reason", "create_time", "update_time", "end_time", "etag", "trial_counts", "cost_spent", "resolved_strategy", "strategy_rationale", "resolved_seed", "resolved_rungs", "resolved_comparability")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    TRIAL_COUNTS_FIELD_NUMBER: _ClassVar[int]
    COST_SPENT_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_STRATEGY_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_RATIONALE_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_SEED_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_RUNGS_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_COMPARABILITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    uid: str
    spec: StudySpec
    state: StudyState
    end_reason: StudyEndReason
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    etag: str
    trial_counts: TrialCounts
    cost_spent: float
    resolved_strategy: Strategy
    strategy_rationale: str
    resolved_seed: int
    resolved_rungs: _containers.RepeatedScalarFieldContainer[int]
    resolved_comparability: ComparabilityKey
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., spec: _Optional[_Union[StudySpec, _Mapping]] = ..., state: _Optional[_Union[StudyState, str]] = ..., end_reason: _Optional[_Union[StudyEndReason, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., trial_counts: _Optional[_Union[TrialCounts, _Mapping]] = ..., cost_spent: _Optional[float] = ..., resolved_strategy: _Optional[_Union[Strategy, _Mapping]] = ..., strategy_rationale: _Optional[str] = ..., resolved_seed: _Optional[int] = ..., resolved_rungs: _Optional[_Iterable[int]] = ..., resolved_comparability: _Optional[_Union[ComparabilityKey, _Mapping]] = ...) -> None: ...

class StudyEvent(_message.Message):
    __slots__ = ("sequence", "time", "severity", "kind", "message", "trial")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    severity: Severity
    kind: str
    message: str
    trial: str
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., severity: _Optional[_Union[Severity, str]] = ..., kind: _Optional[str] = ..., message: _Optional[str] = ..., trial: _Optional[str] = ...) -> None: ...
