from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Scale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCALE_UNSPECIFIED: _ClassVar[Scale]
    SCALE_LINEAR: _ClassVar[Scale]
    SCALE_LOG: _ClassVar[Scale]

class Comparison(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPARISON_UNSPECIFIED: _ClassVar[Comparison]
    COMPARISON_LESS_EQUAL: _ClassVar[Comparison]
    COMPARISON_GREATER_EQUAL: _ClassVar[Comparison]
SCALE_UNSPECIFIED: Scale
SCALE_LINEAR: Scale
SCALE_LOG: Scale
COMPARISON_UNSPECIFIED: Comparison
COMPARISON_LESS_EQUAL: Comparison
COMPARISON_GREATER_EQUAL: Comparison

class Value(_message.Message):
    __slots__ = ("double_value", "integer_value", "string_value", "boolean_value")
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    INTEGER_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    double_value: float
    integer_value: int
    string_value: str
    boolean_value: bool
    def __init__(self, double_value: _Optional[float] = ..., integer_value: _Optional[int] = ..., string_value: _Optional[str] = ..., boolean_value: bool = ...) -> None: ...

class NormalPrior(_message.Message):
    __slots__ = ("mean", "standard_deviation")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STANDARD_DEVIATION_FIELD_NUMBER: _ClassVar[int]
    mean: float
    standard_deviation: float
    def __init__(self, mean: _Optional[float] = ..., standard_deviation: _Optional[float] = ...) -> None: ...

class DoubleParameter(_message.Message):
    __slots__ = ("min", "max", "scale", "step", "default_value", "prior")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    scale: Scale
    step: float
    default_value: float
    prior: NormalPrior
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ..., scale: _Optional[_Union[Scale, str]] = ..., step: _Optional[float] = ..., default_value: _Optional[float] = ..., prior: _Optional[_Union[NormalPrior, _Mapping]] = ...) -> None: ...

class IntegerParameter(_message.Message):
    __slots__ = ("min", "max", "scale", "step", "default_value", "prior")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    min: int
    max: int
    scale: Scale
    step: int
    default_value: int
    prior: NormalPrior
    def __init__(self, min: _Optional[int] = ..., max: _Optional[int] = ..., scale: _Optional[_Union[Scale, str]] = ..., step: _Optional[int] = ..., default_value: _Optional[int] = ..., prior: _Optional[_Union[NormalPrior, _Mapping]] = ...) -> None: ...

class CategoricalParameter(_message.Message):
    __slots__ = ("values", "ordered", "default_value", "prior_weights")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ORDERED_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    PRIOR_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    ordered: bool
    default_value: Value
    prior_weights: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ..., ordered: bool = ..., default_value: _Optional[_Union[Value, _Mapping]] = ..., prior_weights: _Optional[_Iterable[float]] = ...) -> None: ...

class BooleanParameter(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: bool
    def __init__(self, default_value: bool = ...) -> None: ...

class FixedParameter(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: Value
    def __init__(self, value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...

class LinearTerm(_message.Message):
    __slots__ = ("name", "weight")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    name: str
    weight: float
    def __init__(self, name: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class DerivedParameter(_message.Message):
    __slots__ = ("terms", "constant", "integer")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    CONSTANT_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    terms: _containers.RepeatedCompositeFieldContainer[LinearTerm]
    constant: float
    integer: bool
    def __init__(self, terms: _Optional[_Iterable[_Union[LinearTerm, _Mapping]]] = ..., constant: _Optional[float] = ..., integer: bool = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("parameter", "values")
    PARAMETER_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    parameter: str
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, parameter: _Optional[str] = ..., values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "double", "integer", "categorical", "boolean", "fixed", "derived", "conditions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    CATEGORICAL_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    FIXED_FIELD_NUMBER: _ClassVar[int]
    DERIVED_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    double: DoubleParameter
    integer: IntegerParameter
    categorical: CategoricalParameter
    boolean: BooleanParameter
    fixed: FixedParameter
    derived: DerivedParameter
    conditions: _containers.RepeatedCompositeFieldContainer[Condition]
    def __init__(self, name: _Optional[str] = ..., double: _Optional[_Union[DoubleParameter, _Mapping]] = ..., integer: _Optional[_Union[IntegerParameter, _Mapping]] = ..., categorical: _Optional[_Union[CategoricalParameter, _Mapping]] = ..., boolean: _Optional[_Union[BooleanParameter, _Mapping]] = ..., fixed: _Optional[_Union[FixedParameter, _Mapping]] = ..., derived: _Optional[_Union[DerivedParameter, _Mapping]] = ..., conditions: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ...) -> None: ...

class ParameterConstraint(_message.Message):
    __slots__ = ("terms", "comparison", "bound")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    terms: _containers.RepeatedCompositeFieldContainer[LinearTerm]
    comparison: Comparison
    bound: float
    def __init__(self, terms: _Optional[_Iterable[_Union[LinearTerm, _Mapping]]] = ..., comparison: _Optional[_Union[Comparison, str]] = ..., bound: _Optional[float] = ...) -> None: ...

class SearchSpace(_message.Message):
    __slots__ = ("parameters", "constraints")
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    constraints: _containers.RepeatedCompositeFieldContainer[ParameterConstraint]
    def __init__(self, parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., constraints: _Optional[_Iterable[_Union[ParameterConstraint, _Mapping]]] = ...) -> None: ...

class Configuration(_message.Message):
    __slots__ = ("values",)
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.MessageMap[str, Value]
    def __init__(self, values: _Optional[_Mapping[str, Value]] = ...) -> None: ...
