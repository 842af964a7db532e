import datetime

from assay.v1 import space_pb2 as _space_pb2
from assay.v1 import study_pb2 as _study_pb2
from assay.v1 import trial_pb2 as _trial_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModelQuality(_message.Message):
    __slots__ = ("metric", "rank_correlation", "num_trials", "step")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    RANK_CORRELATION_FIELD_NUMBER: _ClassVar[int]
    NUM_TRIALS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    metric: str
    rank_correlation: float
    num_trials: int
    step: int
    def __init__(self, metric: _Optional[str] = ..., rank_correlation: _Optional[float] = ..., num_trials: _Optional[int] = ..., step: _Optional[int] = ...) -> None: ...

class CorrectedTrial(_message.Message):
    __slots__ = ("trial", "metrics", "probability")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _trial_pb2.MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_trial_pb2.MetricValue, _Mapping]] = ...) -> None: ...
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    trial: str
    metrics: _containers.MessageMap[str, _trial_pb2.MetricValue]
    probability: float
    def __init__(self, trial: _Optional[str] = ..., metrics: _Optional[_Mapping[str, _trial_pb2.MetricValue]] = ..., probability: _Optional[float] = ...) -> None: ...

class GetFrontRequest(_message.Message):
    __slots__ = ("name", "corrected")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    corrected: bool
    def __init__(self, name: _Optional[str] = ..., corrected: bool = ...) -> None: ...

class GetFrontResponse(_message.Message):
    __slots__ = ("trials", "hypervolume", "reference_point", "reference_inferred", "corrected", "qualities")
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    HYPERVOLUME_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_POINT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_INFERRED_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    QUALITIES_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[_trial_pb2.Trial]
    hypervolume: float
    reference_point: _containers.RepeatedScalarFieldContainer[float]
    reference_inferred: _containers.RepeatedScalarFieldContainer[bool]
    corrected: _containers.RepeatedCompositeFieldContainer[CorrectedTrial]
    qualities: _containers.RepeatedCompositeFieldContainer[ModelQuality]
    def __init__(self, trials: _Optional[_Iterable[_Union[_trial_pb2.Trial, _Mapping]]] = ..., hypervolume: _Optional[float] = ..., reference_point: _Optional[_Iterable[float]] = ..., reference_inferred: _Optional[_Iterable[bool]] = ..., corrected: _Optional[_Iterable[_Union[CorrectedTrial, _Mapping]]] = ..., qualities: _Optional[_Iterable[_Union[ModelQuality, _Mapping]]] = ...) -> None: ...

class GetBestTrialRequest(_message.Message):
    __slots__ = ("name", "metric", "corrected")
    NAME_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    metric: str
    corrected: bool
    def __init__(self, name: _Optional[str] = ..., metric: _Optional[str] = ..., corrected: bool = ...) -> None: ...

class GetBestTrialResponse(_message.Message):
    __slots__ = ("trial", "corrected", "qualities")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    QUALITIES_FIELD_NUMBER: _ClassVar[int]
    trial: _trial_pb2.Trial
    corrected: _containers.RepeatedCompositeFieldContainer[CorrectedTrial]
    qualities: _containers.RepeatedCompositeFieldContainer[ModelQuality]
    def __init__(self, trial: _Optional[_Union[_trial_pb2.Trial, _Mapping]] = ..., corrected: _Optional[_Iterable[_Union[CorrectedTrial, _Mapping]]] = ..., qualities: _Optional[_Iterable[_Union[ModelQuality, _Mapping]]] = ...) -> None: ...

class GetProgressRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Rung(_message.Message):
    __slots__ = ("step", "reached", "paused", "promoted")
    STEP_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_FIELD_NUMBER: _ClassVar[int]
    step: int
    reached: int
    paused: int
    promoted: int
    def __init__(self, step: _Optional[int] = ..., reached: _Optional[int] = ..., paused: _Optional[int] = ..., promoted: _Optional[int] = ...) -> None: ...

class BestValue(_message.Message):
    __slots__ = ("metric", "value", "trial", "baseline_value")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    BASELINE_VALUE_FIELD_NUMBER: _ClassVar[int]
    metric: str
    value: float
    trial: str
    baseline_value: float
    def __init__(self, metric: _Optional[str] = ..., value: _Optional[float] = ..., trial: _Optional[str] = ..., baseline_value: _Optional[float] = ...) -> None: ...

class WorkerStatus(_message.Message):
    __slots__ = ("worker", "trial", "silence")
    WORKER_FIELD_NUMBER: _ClassVar[int]
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    SILENCE_FIELD_NUMBER: _ClassVar[int]
    worker: str
    trial: str
    silence: _duration_pb2.Duration
    def __init__(self, worker: _Optional[str] = ..., trial: _Optional[str] = ..., silence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetProgressResponse(_message.Message):
    __slots__ = ("study", "best_values", "rungs", "workers", "hypervolume", "front_size", "time_left", "buffer_depth")
    STUDY_FIELD_NUMBER: _ClassVar[int]
    BEST_VALUES_FIELD_NUMBER: _ClassVar[int]
    RUNGS_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    HYPERVOLUME_FIELD_NUMBER: _ClassVar[int]
    FRONT_SIZE_FIELD_NUMBER: _ClassVar[int]
    TIME_LEFT_FIELD_NUMBER: _ClassVar[int]
    BUFFER_DEPTH_FIELD_NUMBER: _ClassVar[int]
    study: _study_pb2.Study
    best_values: _containers.RepeatedCompositeFieldContainer[BestValue]
    rungs: _containers.RepeatedCompositeFieldContainer[Rung]
    workers: _containers.RepeatedCompositeFieldContainer[WorkerStatus]
    hypervolume: float
    front_size: int
    time_left: _duration_pb2.Duration
    buffer_depth: int
    def __init__(self, study: _Optional[_Union[_study_pb2.Study, _Mapping]] = ..., best_values: _Optional[_Iterable[_Union[BestValue, _Mapping]]] = ..., rungs: _Optional[_Iterable[_Union[Rung, _Mapping]]] = ..., workers: _Optional[_Iterable[_Union[WorkerStatus, _Mapping]]] = ..., hypervolume: _Optional[float] = ..., front_size: _Optional[int] = ..., time_left: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., buffer_depth: _Optional[int] = ...) -> None: ...

class GetHypervolumeHistoryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class HypervolumePoint(_message.Message):
    __slots__ = ("trial", "time", "hypervolume", "cost")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    HYPERVOLUME_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    trial: str
    time: _timestamp_pb2.Timestamp
    hypervolume: float
    cost: float
    def __init__(self, trial: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., hypervolume: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class GetHypervolumeHistoryResponse(_message.Message):
    __slots__ = ("points", "reference_point")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_POINT_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[HypervolumePoint]
    reference_point: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, points: _Optional[_Iterable[_Union[HypervolumePoint, _Mapping]]] = ..., reference_point: _Optional[_Iterable[float]] = ...) -> None: ...

class GetImportancesRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class MetricImportance(_message.Message):
    __slots__ = ("metric", "importances", "first_order", "total")
    class ImportancesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class FirstOrderEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class TotalEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    METRIC_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCES_FIELD_NUMBER: _ClassVar[int]
    FIRST_ORDER_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    metric: str
    importances: _containers.ScalarMap[str, float]
    first_order: _containers.ScalarMap[str, float]
    total: _containers.ScalarMap[str, float]
    def __init__(self, metric: _Optional[str] = ..., importances: _Optional[_Mapping[str, float]] = ..., first_order: _Optional[_Mapping[str, float]] = ..., total: _Optional[_Mapping[str, float]] = ...) -> None: ...

class GetImportancesResponse(_message.Message):
    __slots__ = ("metrics", "qualities")
    METRICS_FIELD_NUMBER: _ClassVar[int]
    QUALITIES_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.RepeatedCompositeFieldContainer[MetricImportance]
    qualities: _containers.RepeatedCompositeFieldContainer[ModelQuality]
    def __init__(self, metrics: _Optional[_Iterable[_Union[MetricImportance, _Mapping]]] = ..., qualities: _Optional[_Iterable[_Union[ModelQuality, _Mapping]]] = ...) -> None: ...

class PredictMetricsRequest(_message.Message):
    __slots__ = ("name", "configurations", "step")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATIONS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    name: str
    configurations: _containers.RepeatedCompositeFieldContainer[_space_pb2.Configuration]
    step: int
    def __init__(self, name: _Optional[str] = ..., configurations: _Optional[_Iterable[_Union[_space_pb2.Configuration, _Mapping]]] = ..., step: _Optional[int] = ...) -> None: ...

class Prediction(_message.Message):
    __slots__ = ("metrics",)
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _trial_pb2.MetricValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_trial_pb2.MetricValue, _Mapping]] = ...) -> None: ...
    METRICS_FIELD_NUMBER: _ClassVar[int]
    metrics: _containers.MessageMap[str, _trial_pb2.MetricValue]
    def __init__(self, metrics: _Optional[_Mapping[str, _trial_pb2.MetricValue]] = ...) -> None: ...

class PredictMetricsResponse(_message.Message):
    __slots__ = ("predictions", "qualities")
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    QUALITIES_FIELD_NUMBER: _ClassVar[int]
    predictions: _containers.RepeatedCompositeFieldContainer[Prediction]
    qualities: _containers.RepeatedCompositeFieldContainer[ModelQuality]
    def __init__(self, predictions: _Optional[_Iterable[_Union[Prediction, _Mapping]]] = ..., qualities: _Optional[_Iterable[_Union[ModelQuality, _Mapping]]] = ...) -> None: ...

class RenderReportRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RenderReportResponse(_message.Message):
    __slots__ = ("html",)
    HTML_FIELD_NUMBER: _ClassVar[int]
    html: str
    def __init__(self, html: _Optional[str] = ...) -> None: ...
