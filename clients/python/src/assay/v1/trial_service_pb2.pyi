import datetime

from assay.v1 import study_pb2 as _study_pb2
from assay.v1 import trial_pb2 as _trial_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SuggestTrialsRequest(_message.Message):
    __slots__ = ("parent", "worker", "count", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    worker: str
    count: int
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., worker: _Optional[str] = ..., count: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class SuggestTrialsResponse(_message.Message):
    __slots__ = ("trials", "retry_delay", "end_reason")
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    RETRY_DELAY_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[_trial_pb2.Trial]
    retry_delay: _duration_pb2.Duration
    end_reason: _study_pb2.StudyEndReason
    def __init__(self, trials: _Optional[_Iterable[_Union[_trial_pb2.Trial, _Mapping]]] = ..., retry_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_reason: _Optional[_Union[_study_pb2.StudyEndReason, str]] = ...) -> None: ...

class ReportMeasurementsRequest(_message.Message):
    __slots__ = ("name", "lease_token", "measurements", "checkpoint", "provenance", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    lease_token: str
    measurements: _containers.RepeatedCompositeFieldContainer[_trial_pb2.Measurement]
    checkpoint: _trial_pb2.Checkpoint
    provenance: _trial_pb2.Provenance
    request_id: str
    def __init__(self, name: _Optional[str] = ..., lease_token: _Optional[str] = ..., measurements: _Optional[_Iterable[_Union[_trial_pb2.Measurement, _Mapping]]] = ..., checkpoint: _Optional[_Union[_trial_pb2.Checkpoint, _Mapping]] = ..., provenance: _Optional[_Union[_trial_pb2.Provenance, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReportMeasurementsResponse(_message.Message):
    __slots__ = ("directive", "state", "lease")
    DIRECTIVE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    directive: _trial_pb2.Directive
    state: _trial_pb2.TrialState
    lease: _trial_pb2.Lease
    def __init__(self, directive: _Optional[_Union[_trial_pb2.Directive, _Mapping]] = ..., state: _Optional[_Union[_trial_pb2.TrialState, str]] = ..., lease: _Optional[_Union[_trial_pb2.Lease, _Mapping]] = ...) -> None: ...

class CompleteTrialRequest(_message.Message):
    __slots__ = ("name", "lease_token", "final_measurement", "checkpoint", "provenance", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FINAL_MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    lease_token: str
    final_measurement: _trial_pb2.Measurement
    checkpoint: _trial_pb2.Checkpoint
    provenance: _trial_pb2.Provenance
    request_id: str
    def __init__(self, name: _Optional[str] = ..., lease_token: _Optional[str] = ..., final_measurement: _Optional[_Union[_trial_pb2.Measurement, _Mapping]] = ..., checkpoint: _Optional[_Union[_trial_pb2.Checkpoint, _Mapping]] = ..., provenance: _Optional[_Union[_trial_pb2.Provenance, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CompleteTrialResponse(_message.Message):
    __slots__ = ("trial",)
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: _trial_pb2.Trial
    def __init__(self, trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ...) -> None: ...

class FailTrialRequest(_message.Message):
    __slots__ = ("name", "lease_token", "kind", "message", "permanent", "provenance", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PERMANENT_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    lease_token: str
    kind: _trial_pb2.FailureKind
    message: str
    permanent: bool
    provenance: _trial_pb2.Provenance
    request_id: str
    def __init__(self, name: _Optional[str] = ..., lease_token: _Optional[str] = ..., kind: _Optional[_Union[_trial_pb2.FailureKind, str]] = ..., message: _Optional[str] = ..., permanent: bool = ..., provenance: _Optional[_Union[_trial_pb2.Provenance, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class FailTrialResponse(_message.Message):
    __slots__ = ("trial",)
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: _trial_pb2.Trial
    def __init__(self, trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ...) -> None: ...

class ReleaseTrialRequest(_message.Message):
    __slots__ = ("name", "lease_token", "checkpoint", "message", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    lease_token: str
    checkpoint: _trial_pb2.Checkpoint
    message: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., lease_token: _Optional[str] = ..., checkpoint: _Optional[_Union[_trial_pb2.Checkpoint, _Mapping]] = ..., message: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReleaseTrialResponse(_message.Message):
    __slots__ = ("trial",)
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: _trial_pb2.Trial
    def __init__(self, trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("name", "lease_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    lease_token: str
    def __init__(self, name: _Optional[str] = ..., lease_token: _Optional[str] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("directive", "lease")
    DIRECTIVE_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    directive: _trial_pb2.Directive
    lease: _trial_pb2.Lease
    def __init__(self, directive: _Optional[_Union[_trial_pb2.Directive, _Mapping]] = ..., lease: _Optional[_Union[_trial_pb2.Lease, _Mapping]] = ...) -> None: ...

class CreateTrialRequest(_message.Message):
    __slots__ = ("parent", "trial", "measurements", "request_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    trial: _trial_pb2.Trial
    measurements: _containers.RepeatedCompositeFieldContainer[_trial_pb2.Measurement]
    request_id: str
    def __init__(self, parent: _Optional[str] = ..., trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ..., measurements: _Optional[_Iterable[_Union[_trial_pb2.Measurement, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class StopTrialRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class StopTrialResponse(_message.Message):
    __slots__ = ("trial",)
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: _trial_pb2.Trial
    def __init__(self, trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ...) -> None: ...

class GetTrialRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListTrialsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "view")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    view: _trial_pb2.TrialView
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., view: _Optional[_Union[_trial_pb2.TrialView, str]] = ...) -> None: ...

class ListTrialsResponse(_message.Message):
    __slots__ = ("trials", "next_page_token")
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[_trial_pb2.Trial]
    next_page_token: str
    def __init__(self, trials: _Optional[_Iterable[_Union[_trial_pb2.Trial, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchTrialsRequest(_message.Message):
    __slots__ = ("parent", "resume_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    resume_token: str
    def __init__(self, parent: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchTrialsResponse(_message.Message):
    __slots__ = ("trials", "resume_token", "end_reason")
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    END_REASON_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[_trial_pb2.Trial]
    resume_token: str
    end_reason: _study_pb2.StudyEndReason
    def __init__(self, trials: _Optional[_Iterable[_Union[_trial_pb2.Trial, _Mapping]]] = ..., resume_token: _Optional[str] = ..., end_reason: _Optional[_Union[_study_pb2.StudyEndReason, str]] = ...) -> None: ...

class SealTestMetricsRequest(_message.Message):
    __slots__ = ("name", "metrics", "request_id")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _trial_pb2.MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_trial_pb2.MetricValue, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    metrics: _containers.MessageMap[str, _trial_pb2.MetricValue]
    request_id: str
    def __init__(self, name: _Optional[str] = ..., metrics: _Optional[_Mapping[str, _trial_pb2.MetricValue]] = ..., request_id: _Optional[str] = ...) -> None: ...

class SealTestMetricsResponse(_message.Message):
    __slots__ = ("trial",)
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: _trial_pb2.Trial
    def __init__(self, trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ...) -> None: ...
