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

class TrialState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIAL_STATE_UNSPECIFIED: _ClassVar[TrialState]
    TRIAL_STATE_QUEUED: _ClassVar[TrialState]
    TRIAL_STATE_RUNNING: _ClassVar[TrialState]
    TRIAL_STATE_PAUSED: _ClassVar[TrialState]
    TRIAL_STATE_SUCCEEDED: _ClassVar[TrialState]
    TRIAL_STATE_STOPPED: _ClassVar[TrialState]
    TRIAL_STATE_FAILED: _ClassVar[TrialState]
    TRIAL_STATE_INFEASIBLE: _ClassVar[TrialState]

class DirectiveAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTIVE_ACTION_UNSPECIFIED: _ClassVar[DirectiveAction]
    DIRECTIVE_ACTION_CONTINUE: _ClassVar[DirectiveAction]
    DIRECTIVE_ACTION_PAUSE: _ClassVar[DirectiveAction]
    DIRECTIVE_ACTION_STOP: _ClassVar[DirectiveAction]

class DirectiveReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTIVE_REASON_UNSPECIFIED: _ClassVar[DirectiveReason]
    DIRECTIVE_REASON_PROMOTED: _ClassVar[DirectiveReason]
    DIRECTIVE_REASON_RUNG_REACHED: _ClassVar[DirectiveReason]
    DIRECTIVE_REASON_COMPLETED: _ClassVar[DirectiveReason]
    DIRECTIVE_REASON_PRUNED: _ClassVar[DirectiveReason]
    DIRECTIVE_REASON_STUDY_OVER: _ClassVar[DirectiveReason]
    DIRECTIVE_REASON_STOPPED_BY_USER: _ClassVar[DirectiveReason]

class FailureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_KIND_UNSPECIFIED: _ClassVar[FailureKind]
    FAILURE_KIND_CRASHED: _ClassVar[FailureKind]
    FAILURE_KIND_LEASE_EXPIRED: _ClassVar[FailureKind]
    FAILURE_KIND_INFEASIBLE: _ClassVar[FailureKind]
    FAILURE_KIND_PREEMPTED: _ClassVar[FailureKind]

class TrialOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIAL_ORIGIN_UNSPECIFIED: _ClassVar[TrialOrigin]
    TRIAL_ORIGIN_BASELINE: _ClassVar[TrialOrigin]
    TRIAL_ORIGIN_GENERATED: _ClassVar[TrialOrigin]
    TRIAL_ORIGIN_QUEUED: _ClassVar[TrialOrigin]
    TRIAL_ORIGIN_EXTERNAL: _ClassVar[TrialOrigin]

class TrialView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIAL_VIEW_UNSPECIFIED: _ClassVar[TrialView]
    TRIAL_VIEW_BASIC: _ClassVar[TrialView]
    TRIAL_VIEW_FULL: _ClassVar[TrialView]
TRIAL_STATE_UNSPECIFIED: TrialState
TRIAL_STATE_QUEUED: TrialState
TRIAL_STATE_RUNNING: TrialState
TRIAL_STATE_PAUSED: TrialState
TRIAL_STATE_SUCCEEDED: TrialState
TRIAL_STATE_STOPPED: TrialState
TRIAL_STATE_FAILED: TrialState
TRIAL_STATE_INFEASIBLE: TrialState
DIRECTIVE_ACTION_UNSPECIFIED: DirectiveAction
DIRECTIVE_ACTION_CONTINUE: DirectiveAction
DIRECTIVE_ACTION_PAUSE: DirectiveAction
DIRECTIVE_ACTION_STOP: DirectiveAction
DIRECTIVE_REASON_UNSPECIFIED: DirectiveReason
DIRECTIVE_REASON_PROMOTED: DirectiveReason
DIRECTIVE_REASON_RUNG_REACHED: DirectiveReason
DIRECTIVE_REASON_COMPLETED: DirectiveReason
DIRECTIVE_REASON_PRUNED: DirectiveReason
DIRECTIVE_REASON_STUDY_OVER: DirectiveReason
DIRECTIVE_REASON_STOPPED_BY_USER: DirectiveReason
FAILURE_KIND_UNSPECIFIED: FailureKind
FAILURE_KIND_CRASHED: FailureKind
FAILURE_KIND_LEASE_EXPIRED: FailureKind
FAILURE_KIND_INFEASIBLE: FailureKind
FAILURE_KIND_PREEMPTED: FailureKind
TRIAL_ORIGIN_UNSPECIFIED: TrialOrigin
TRIAL_ORIGIN_BASELINE: TrialOrigin
TRIAL_ORIGIN_GENERATED: TrialOrigin
TRIAL_ORIGIN_QUEUED: TrialOrigin
TRIAL_ORIGIN_EXTERNAL: TrialOrigin
TRIAL_VIEW_UNSPECIFIED: TrialView
TRIAL_VIEW_BASIC: TrialView
TRIAL_VIEW_FULL: TrialView

class MetricValue(_message.Message):
    __slots__ = ("value", "sem")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SEM_FIELD_NUMBER: _ClassVar[int]
    value: float
    sem: float
    def __init__(self, value: _Optional[float] = ..., sem: _Optional[float] = ...) -> None: ...

class Measurement(_message.Message):
    __slots__ = ("step", "metrics", "cost", "elapsed", "create_time")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ...) -> None: ...
    STEP_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    step: int
    metrics: _containers.MessageMap[str, MetricValue]
    cost: float
    elapsed: _duration_pb2.Duration
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, step: _Optional[int] = ..., metrics: _Optional[_Mapping[str, MetricValue]] = ..., cost: _Optional[float] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("uri", "step", "sha256", "size_bytes")
    URI_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    uri: str
    step: int
    sha256: str
    size_bytes: int
    def __init__(self, uri: _Optional[str] = ..., step: _Optional[int] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Lease(_message.Message):
    __slots__ = ("worker", "token", "attempt", "ttl", "expire_time", "heartbeat_interval")
    WORKER_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    worker: str
    token: str
    attempt: int
    ttl: _duration_pb2.Duration
    expire_time: _timestamp_pb2.Timestamp
    heartbeat_interval: _duration_pb2.Duration
    def __init__(self, worker: _Optional[str] = ..., token: _Optional[str] = ..., attempt: _Optional[int] = ..., ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Directive(_message.Message):
    __slots__ = ("action", "until_step", "reason")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    UNTIL_STEP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    action: DirectiveAction
    until_step: int
    reason: DirectiveReason
    def __init__(self, action: _Optional[_Union[DirectiveAction, str]] = ..., until_step: _Optional[int] = ..., reason: _Optional[_Union[DirectiveReason, str]] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("seed", "code_version", "code_dirty", "dataset_fingerprint", "evaluation_protocol", "environment", "hardware")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SEED_FIELD_NUMBER: _ClassVar[int]
    CODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CODE_DIRTY_FIELD_NUMBER: _ClassVar[int]
    DATASET_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_FIELD_NUMBER: _ClassVar[int]
    seed: int
    code_version: str
    code_dirty: bool
    dataset_fingerprint: str
    evaluation_protocol: str
    environment: _containers.ScalarMap[str, str]
    hardware: str
    def __init__(self, seed: _Optional[int] = ..., code_version: _Optional[str] = ..., code_dirty: bool = ..., dataset_fingerprint: _Optional[str] = ..., evaluation_protocol: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., hardware: _Optional[str] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("number", "worker", "start_time", "end_time", "start_step", "last_step", "failure_kind", "failure_message", "provenance")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    START_STEP_FIELD_NUMBER: _ClassVar[int]
    LAST_STEP_FIELD_NUMBER: _ClassVar[int]
    FAILURE_KIND_FIELD_NUMBER: _ClassVar[int]
    FAILURE_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    number: int
    worker: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    start_step: int
    last_step: int
    failure_kind: FailureKind
    failure_message: str
    provenance: Provenance
    def __init__(self, number: _Optional[int] = ..., worker: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_step: _Optional[int] = ..., last_step: _Optional[int] = ..., failure_kind: _Optional[_Union[FailureKind, str]] = ..., failure_message: _Optional[str] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ...) -> None: ...

class Generation(_message.Message):
    __slots__ = ("generator", "phase", "fallback_from", "num_results_seen")
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FROM_FIELD_NUMBER: _ClassVar[int]
    NUM_RESULTS_SEEN_FIELD_NUMBER: _ClassVar[int]
    generator: str
    phase: int
    fallback_from: _containers.RepeatedScalarFieldContainer[str]
    num_results_seen: int
    def __init__(self, generator: _Optional[str] = ..., phase: _Optional[int] = ..., fallback_from: _Optional[_Iterable[str]] = ..., num_results_seen: _Optional[int] = ...) -> None: ...

class Lineage(_message.Message):
    __slots__ = ("parent", "parent_step")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PARENT_STEP_FIELD_NUMBER: _ClassVar[int]
    parent: str
    parent_step: int
    def __init__(self, parent: _Optional[str] = ..., parent_step: _Optional[int] = ...) -> None: ...

class Trial(_message.Message):
    __slots__ = ("name", "uid", "number", "state", "configuration", "origin", "generation", "lineage", "seed", "lease", "until_step", "last_step", "checkpoint", "latest_measurement", "final_measurement", "measurements", "attempts", "feasible", "cost", "incomparable", "test_metrics", "labels", "priority", "create_time", "start_time", "update_time", "end_time", "bracket")
    class TestMetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    LINEAGE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_STEP_FIELD_NUMBER: _ClassVar[int]
    LAST_STEP_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    LATEST_MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    FINAL_MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FEASIBLE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    INCOMPARABLE_FIELD_NUMBER: _ClassVar[int]
    TEST_METRICS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BRACKET_FIELD_NUMBER: _ClassVar[int]
    name: str
    uid: str
    number: int
    state: TrialState
    configuration: _space_pb2.Configuration
    origin: TrialOrigin
    generation: Generation
    lineage: Lineage
    seed: int
    lease: Lease
    until_step: int
    last_step: int
    checkpoint: Checkpoint
    latest_measurement: Measurement
    final_measurement: Measurement
    measurements: _containers.RepeatedCompositeFieldContainer[Measurement]
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    feasible: bool
    cost: float
    incomparable: _containers.RepeatedScalarFieldContainer[str]
    test_metrics: _containers.MessageMap[str, MetricValue]
    labels: _containers.ScalarMap[str, str]
    priority: int
    create_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    bracket: int
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., number: _Optional[int] = ..., state: _Optional[_Union[TrialState, str]] = ..., configuration: _Optional[_Union[_space_pb2.Configuration, _Mapping]] = ..., origin: _Optional[_Union[TrialOrigin, str]] = ..., generation: _Optional[_Union[Generation, _Mapping]] = ..., lineage: _Optional[_Union[Lineage, _Mapping]] = ..., seed: _Optional[int] = ..., lease: _Optional[_Union[Lease, _Mapping]] = ..., until_step: _Optional[int] = ..., last_step: _Optional[int] = ..., checkpoint: _Optional[_Union[Checkpoint, _Mapping]] = ..., latest_measurement: _Optional[_Union[Measurement, _Mapping]] = ..., final_measurement: _Optional[_Union[Measurement, _Mapping]] = ..., measurements: _Optional[_Iterable[_Union[Measurement, _Mapping]]] = ..., attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., feasible: bool = ..., cost: _Optional[float] = ..., incomparable: _Optional[_Iterable[str]] = ..., test_metrics: _Optional[_Mapping[str, MetricValue]] = ..., labels: _Optional[_Mapping[str, str]] = ..., priority: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bracket: _Optional[int] = ...) -> None: ...
