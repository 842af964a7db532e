"""What StudyService is asked, from the wire."""

from __future__ import annotations

from dataclasses import dataclass

from assay.v1 import study_pb2, study_service_pb2
from assay_server.app.create_study import CreateStudy
from assay_server.app.update_study import MUTABLE, UpdateStudy
from assay_server.domain.names import ID_RULE, StudyName, is_id
from assay_server.rpc.wire.asks import check_request_id
from assay_server.rpc.wire.problems import Problems
from assay_server.rpc.wire.specs import budget_from_wire, labels_from_wire, spec_from_wire

_WITHIN_BUDGET = frozenset(f"spec.budget.{field.name}" for field in study_pb2.Budget.DESCRIPTOR.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteStudy:
    """Which study shall go."""

    name: StudyName
    etag: str


def create_study_from_wire(request: study_service_pb2.CreateStudyRequest) -> CreateStudy:
    """Raises InvalidArgument with all violations."""
    problems = Problems()
    check_request_id(request.request_id, problems)
    project = problems.project(request.parent, "parent")
    if request.study_id and not is_id(request.study_id):
        problems.add("study_id", f"{request.study_id[:100]!r} is not {ID_RULE}")
    if not request.HasField("study"):
        problems.add("study", "required")
    elif not request.study.HasField("spec"):
        problems.add("study.spec", "required")
    spec = spec_from_wire(request.study.spec, "study.spec", problems)
    problems.raise_any()
    return CreateStudy(project=project, study_id=request.study_id, spec=spec, validate_only=request.validate_only)


def update_study_from_wire(request: study_service_pb2.UpdateStudyRequest) -> UpdateStudy:
    """Raises InvalidArgument with all violations; the new values are judged with the rest of the study."""
    problems = Problems()
    check_request_id(request.request_id, problems)
    if not request.HasField("study"):
        problems.add("study", "required")
    name = problems.study(request.study.name, "study.name")
    spec = request.study.spec
    ask = UpdateStudy(
        name=name,
        etag=request.study.etag,
        mask=_mask_from_wire(request, problems),
        description=spec.description,
        labels=labels_from_wire(spec.labels, "study.spec.labels", problems),
        budget=budget_from_wire(spec.budget, "study.spec.budget", problems),
    )
    problems.raise_any()
    return ask


def delete_study_from_wire(request: study_service_pb2.DeleteStudyRequest) -> DeleteStudy:
    """Raises InvalidArgument with all violations."""
    return DeleteStudy(name=named_study(request.name, request_id=request.request_id), etag=request.etag)


def named_study(name: str, *, field: str = "name", request_id: str = "") -> StudyName:
    """The study of a request that has little else in it. Raises InvalidArgument."""
    problems = Problems()
    check_request_id(request_id, problems)
    study = problems.study(name, field)
    problems.raise_any()
    return study


def _mask_from_wire(request: study_service_pb2.UpdateStudyRequest, problems: Problems) -> frozenset[str]:
    paths = list(request.update_mask.paths)
    if not paths or paths == ["*"] or paths == ["spec"]:
        return MUTABLE
    for path in paths:
        if path in MUTABLE:
            continue
        known = ", ".join(sorted(MUTABLE))
        why = (
            "is replaced as a whole: name spec.budget"
            if path in _WITHIN_BUDGET
            else f"cannot change; these can: {known}"
        )
        problems.add("update_mask", f"{path[:200]!r} {why}")
    return frozenset(paths) & MUTABLE
