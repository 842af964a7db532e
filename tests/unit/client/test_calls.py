"""The calls are those of the contract, and the shipped retry policy covers them all."""

import json
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

import assay
from assay import asking, calls
from assay.channel import service_config
from assay.v1 import analysis_service_pb2, study_service_pb2, trial_service_pb2
from tests.unit.client.held import a_holding

STUDY = "projects/default/studies/digits"
TRIAL = f"{STUDY}/trials/1"
SPEC = assay.study_spec(space={"lr": assay.double(0, 1)}, objectives=[assay.minimize("loss")])
SERVICES = [
    study_service_pb2.DESCRIPTOR.services_by_name["StudyService"],
    trial_service_pb2.DESCRIPTOR.services_by_name["TrialService"],
    analysis_service_pb2.DESCRIPTOR.services_by_name["AnalysisService"],
]


def every_call() -> Iterator[calls.Call[Message, object]]:
    """One of each."""
    of_study: list[object] = [
        calls.create_study("p", "s", SPEC, request_id="1", validate_only=False),
        calls.get_study(STUDY),
        calls.list_studies("p", matching="", order_by="", page_size=1, page_token=""),
        calls.update_study(STUDY, budget=None, description="d", labels=None, etag="", request_id="1"),
        calls.delete_study(STUDY, request_id="1"),
        calls.stop_study(STUDY, request_id="1"),
        calls.reopen_study(STUDY, request_id="1"),
        calls.list_events(STUDY, page_size=1, page_token=""),
        calls.create_trial(STUDY, {"lr": 0.1}, measurements=(), labels={}, priority=0, request_id="1"),
        calls.get_trial(TRIAL),
        calls.list_trials(STUDY, matching="", order_by="", is_full=True, page_size=1, page_token=""),
        calls.stop_trial(TRIAL, request_id="1"),
        calls.seal_test_metrics(TRIAL, {"loss": 0.0}, request_id="1"),
        calls.watch_trials(STUDY, resume_token=""),
        calls.front(STUDY, SPEC.objectives),
        calls.best(STUDY, ""),
        calls.corrected_front(STUDY),
        calls.corrected_best(STUDY, ""),
        calls.progress(STUDY),
        calls.hypervolume_history(STUDY, SPEC.objectives),
        calls.importances(STUDY),
        calls.predict(STUDY, [{"lr": 0.1}], None),
        calls.report(STUDY),
        asking.suggest(STUDY, worker="w", count=1, wait_s=1.0, request_id="1"),
    ]
    holding = a_holding()
    of_trial: list[object] = [
        holding.report({"loss": 1.0}, step=1, checkpoint=None, cost=None, provenance=None, sem=None),
        holding.heartbeat(),
        holding.complete({}),
        holding.fail("reason"),
        holding.release(None, ""),
    ]
    for call in (*of_study, *of_trial):
        assert isinstance(call, calls.Call)
        yield call


def methods() -> dict[str, tuple[str, str]]:
    """Request and answer of every method of the contract."""
    return {
        f"{service.name}/{method.name}": (method.input_type.full_name, method.output_type.full_name)
        for service in SERVICES
        for method in service.methods
    }


def test_every_method_of_the_contract_is_called_with_its_messages() -> None:
    """None is missing, none is misspelt, none gets another one's message."""
    called = {
        call.method: (call.request.DESCRIPTOR.full_name, call.answer.DESCRIPTOR.full_name) for call in every_call()
    }

    assert called == methods()


def test_every_act_that_may_be_repeated_has_a_request_id() -> None:
    """What is sent twice has one effect."""
    for call in every_call():
        if "request_id" in call.request.DESCRIPTOR.fields_by_name:
            assert getattr(call.request, "request_id"), call.method  # noqa: B009 - a field of some messages only


def test_what_a_worker_depends_on_is_patient() -> None:
    """A restart of the server costs no report; a heartbeat is repeated by the next one anyway."""
    assert {call.method.rpartition("/")[2] for call in every_call() if call.is_patient} == {
        "SuggestTrials",
        "ReportMeasurements",
        "CompleteTrial",
        "FailTrial",
        "ReleaseTrial",
    }


def test_an_update_names_what_it_changes() -> None:
    """An empty description is a change; a description that is not given is none."""
    call = calls.update_study(STUDY, budget=assay.Budget(), description="", labels=None, etag="7", request_id="1")

    assert isinstance(call.request, study_service_pb2.UpdateStudyRequest)
    assert set(call.request.update_mask.paths) == {"spec.budget", "spec.description"}
    assert call.request.study.etag == "7"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: str(service.name))
def test_the_service_config_covers_every_method(service: ServiceDescriptor) -> None:
    """Each method has a deadline, but for the stream, and is retried when the server is away."""
    for method in service.methods:
        waits, retried, has_deadline = policy_of(service.full_name, method.name)
        assert waits
        assert retried == ["UNAVAILABLE"]
        assert has_deadline == (method.name != "WatchTrials"), method.name


def test_the_service_config_names_methods_that_exist() -> None:
    """A misspelt method would fall back to its service's policy in silence."""
    config = json.loads(service_config())
    named = {
        f"{name['service'].rpartition('.')[2]}/{name['method']}"
        for policy in config["methodConfig"]
        for name in policy["name"]
        if "method" in name
    }

    assert named <= methods().keys()


def policy_of(service: str, method: str) -> tuple[bool, list[str], bool]:
    """What gRPC would choose, the method's own policy or its service's: waits for ready, retried codes, deadline."""
    policies = json.loads(service_config())["methodConfig"]
    for wanted in ({"service": service, "method": method}, {"service": service}):
        for policy in policies:
            if wanted in policy["name"]:
                return policy["waitForReady"], policy["retryPolicy"]["retryableStatusCodes"], "timeout" in policy
    raise AssertionError(f"{service}/{method} has no policy")
