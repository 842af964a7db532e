"""How things look on the lines of the conformance suite (tests/conformance/README.md). Shared by both executors."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TypedDict

import assay
from assay import decode_spec, encode
from assay.records import Directive, TrialRecord
from assay.space import Scalar
from assay.spec import StudySpec
from assay.study_view import StudyView
from assay.trial_view import TrialView
from assay.v1 import study_pb2

PROTOCOL = 1
Json = Mapping[str, object]


def hello() -> Json:
    """Who this is."""
    return {"language": "python", "version": version("assay"), "protocol": PROTOCOL}


def spec_of(text: str) -> StudySpec:
    """A specification in the client's own words."""
    return decode_spec.study_spec(study_pb2.StudySpec.FromString(base64.b64decode(text)))


def study(shown: StudyView) -> Json:
    """What a study shows of itself."""
    return {
        "name": shown.name,
        "state": str(shown.state),
        "end_reason": shown.end_reason,
        "is_over": shown.is_over,
        "seed": str(shown.seed),
        "spec": base64.b64encode(encode.study_spec(shown.spec).SerializeToString()).decode(),
    }


def trial(shown: TrialView) -> Json:
    """What a trial in hand shows of itself."""
    return {
        "name": shown.name,
        "number": str(shown.number),
        "attempt": str(shown.attempt),
        "seed": str(shown.seed),
        "params": params(shown.params),
        "checkpoint": shown.checkpoint,
        "start_step": str(shown.start_step),
        **directive(shown.directive),
        "should_stop": shown.should_stop,
    }


def record(shown: TrialRecord) -> Json:
    """What was read of a trial."""
    return {
        "number": str(shown.number),
        "state": str(shown.state),
        "params": params(shown.params),
        "metrics": {name: repr(value) for name, value in shown.metrics.items()},
        "steps": str(shown.steps),
        "checkpoint": shown.checkpoint,
    }


def directive(shown: Directive) -> Json:
    """What the server wants."""
    until = None if shown.until_step is None else str(shown.until_step)
    return {"action": str(shown.action), "reason": shown.reason, "until_step": until}


def params(shown: Mapping[str, Scalar]) -> Json:
    """Scalars with their kinds."""
    return {name: _scalar(value) for name, value in shown.items()}


def error(raised: Exception) -> Json:
    """An error, by the name of its class."""
    if not isinstance(raised, assay.AssayError):
        return {"kind": "Foreign", "message": f"{type(raised).__name__}: {raised}"}
    violations = raised.details.violations
    return {
        "kind": type(raised).__name__,
        "code": raised.code,
        "reason": raised.reason,
        "message": str(raised),
        "metadata": dict(raised.metadata),
        "violations": [{"field": v.field, "description": v.description} for v in violations],
    }


def visit(shown: TrialView, steps: Sequence[int]) -> Json:
    """One time that `work` had a trial."""
    return {
        "number": str(shown.number),
        "attempt": str(shown.attempt),
        "start_step": str(shown.start_step),
        "checkpoint": shown.checkpoint,
        "steps": [str(step) for step in steps],
        "action": str(shown.directive.action),
        "reason": shown.directive.reason,
    }


class ClientOptions(TypedDict, total=False):
    """What `connect` may say."""

    project: str
    token: str
    tls: assay.TLS | bool
    timeout_s: float
    connect_timeout_s: float
    patience_s: float


def client_options(command: Json) -> ClientOptions:
    """Options of a client, as `connect` has them."""
    found: ClientOptions = {}
    if "project" in command:
        found["project"] = str(command["project"])
    if "token" in command:
        found["token"] = str(command["token"])
    if command.get("tls"):
        found["tls"] = assay.TLS(ca=text(command, "ca"), server_name=text(command, "server_name"))
    if "timeout_ms" in command:
        found["timeout_s"] = seconds(command["timeout_ms"])
    if "connect_timeout_ms" in command:
        found["connect_timeout_s"] = seconds(command["connect_timeout_ms"])
    if "patience_ms" in command:
        found["patience_s"] = seconds(command["patience_ms"])
    return found


def outcome(command: Json) -> Exception | None:
    """What the body of a trial raises, as `leave` says."""
    kinds = {"error": RuntimeError, "preempted": assay.Preempted}
    how = str(command["how"])
    return None if how == "done" else kinds[how](command.get("message", ""))


def seconds(milliseconds: object) -> float:
    """Seconds, from milliseconds."""
    assert isinstance(milliseconds, int)
    return milliseconds / 1000


def count(command: Json) -> int:
    """How many trials are asked for."""
    found = command.get("count", 1)
    assert isinstance(found, int)
    return found


def names(found: object) -> list[str]:
    """Names for what comes out."""
    assert isinstance(found, list)
    return found


def text(command: Json, name: str) -> str | None:
    """An argument that may be absent."""
    found = command.get(name)
    assert found is None or isinstance(found, str)
    return found


def numbers(found: object) -> dict[str, float]:
    """Doubles by name, as a command has them."""
    return {name: float(text) for name, text in mapping(found).items()}


def mapping(found: object) -> dict[str, str]:
    """An object of strings; none is an empty one."""
    assert found is None or isinstance(found, dict)
    return found or {}


def measured(formulas: object, given: Mapping[str, Scalar], step: int) -> dict[str, float]:
    """The toy that `work` trains: base + Σ by_param · params + over_step / step, for each metric."""
    assert isinstance(formulas, dict)
    return {name: _value(formula, given, step) for name, formula in formulas.items()}


def _value(formula: Mapping[str, object], given: Mapping[str, Scalar], step: int) -> float:
    terms = [float(weight) * float(given.get(name, 0)) for name, weight in mapping(formula.get("by_param")).items()]
    base, over_step = formula.get("base", "0"), formula.get("over_step", "0")
    assert isinstance(base, str)
    assert isinstance(over_step, str)
    return math.fsum([float(base), *terms]) + float(over_step) / step


def _scalar(value: Scalar) -> Json:
    match value:
        case bool():
            return {"boolean": value}
        case int():
            return {"integer": str(value)}
        case float():
            return {"double": repr(value)}
        case _:
            return {"string": value}
