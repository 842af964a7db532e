"""A new study starts from earlier ones."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assay_server.app.create_study import CreateStudy, create_study
from assay_server.app.transfer import LABEL
from assay_server.domain.budget import Budget
from assay_server.domain.errors import InvalidArgument, StudySpecMismatch
from assay_server.domain.event import Severity
from assay_server.domain.names import ProjectName, StudyName
from assay_server.domain.objective import Objective, OutcomeConstraint
from assay_server.domain.space import Boolean, Double, Parameter, SearchSpace
from assay_server.domain.study import Study, StudySpec
from assay_server.domain.transfer import TransferSource
from assay_server.domain.trial import Trial, TrialOrigin, TrialState
from tests.unit.app.service import STUDY, TWO, Service, a_plain_spec, measured

LATER = StudyName("default", "later")


def from_digits(spec: StudySpec | None = None, *, max_trials: int | None = None) -> StudySpec:
    return replace(spec or a_plain_spec(), transfer=(TransferSource(study="digits", max_trials=max_trials),))


async def an_earlier_study(service: Service, *losses: float, sizes: Sequence[float] = ()) -> None:
    """Its trials have lr = 0.0, 0.01, ... and these losses."""
    await service.create(a_plain_spec(objectives=TWO if sizes else TWO[:1]))
    for i, loss in enumerate(losses):
        await service.fill(i / 100)
        metrics = {"loss": loss} | ({"size": sizes[i]} if sizes else {})
        await service.complete(await service.begin(), measured(0, **metrics))


async def trials(service: Service, study: StudyName = LATER) -> list[Trial]:
    return list(await service.act(lambda uow: uow.trials_in(uow.study(study).uid, TrialState)))


async def log(service: Service) -> list[tuple[Severity, str]]:
    events = await service.act(lambda uow: uow.events(uow.study(LATER).uid, limit=10))
    return [(e.severity, e.message) for e in reversed(events) if e.kind == "TRANSFER"]


async def test_the_best_of_the_source_run_first(service: Service) -> None:
    """Three of them, best first, after the baselines, with where they are from; and the log says so."""
    await an_earlier_study(service, 5.0, 1.0, 4.0, 2.0, 3.0)

    await service.create(from_digits(a_plain_spec(baselines=({"lr": 0.75},))), study_id="later")

    found = await trials(service)
    assert [t.configuration["lr"] for t in found] == [0.75, 0.01, 0.03, 0.04]
    assert [t.origin for t in found] == [TrialOrigin.BASELINE, *[TrialOrigin.QUEUED] * 3]
    assert [t.labels for t in found] == [{}, *[{LABEL: "digits"}] * 3]
    assert {t.state for t in found} == {TrialState.QUEUED}
    assert await log(service) == [(Severity.INFO, "from digits: 3 configurations of 5 results are queued")]


async def test_the_source_is_judged_by_the_new_objectives(service: Service) -> None:
    """What was best then is not what is wanted now: another objective, and a bound."""
    await an_earlier_study(service, 1.0, 2.0, 3.0, 4.0, sizes=(9.0, 8.0, 1.0, 7.0))
    spec = replace(
        a_plain_spec(objectives=(Objective(metric="size", minimize=False),)),
        constraints=(OutcomeConstraint(metric="size", at_most=True, bound=8.0),),
    )

    await service.create(from_digits(spec, max_trials=2), study_id="later")

    assert [t.configuration["lr"] for t in await trials(service)] == [0.01, 0.03]


async def test_no_result_is_taken_over(service: Service) -> None:
    """What the earlier study measured is no measurement of the new one: a bad source misleads no model."""
    await an_earlier_study(service, 1.0, 2.0)

    study = await service.create(from_digits(), study_id="later")

    assert (study.tally.num_results, study.tally.num_created) == (0, 2)
    assert await service.act(lambda uow: list(uow.observations(study.uid))) == []


async def test_max_trials_bounds_what_is_taken(service: Service) -> None:
    """The budget is the new study's, baselines come first."""
    await an_earlier_study(service, 1.0, 2.0, 3.0)
    spec = a_plain_spec(baselines=({"lr": 0.5},), budget=Budget(max_trials=2))

    await service.create(from_digits(spec), study_id="later")

    assert [t.configuration["lr"] for t in await trials(service)] == [0.5, 0.0]


async def test_no_configuration_is_taken_twice(service: Service) -> None:
    """Values outside of the new range become its bound; one run of it is enough, and it is said which were changed."""
    await an_earlier_study(service, 1.0, 2.0, 3.0, 4.0)
    space = SearchSpace(
        parameters=(
            Parameter(name="lr", kind=Double(min=0.025, max=1.0)),
            Parameter(name="augment", kind=Boolean(default=True)),
        )
    )

    await service.create(from_digits(replace(a_plain_spec(), space=space)), study_id="later")

    assert [t.configuration for t in await trials(service)] == [
        {"lr": 0.025, "augment": True},
        {"lr": 0.03, "augment": True},
    ]
    [(_, message)] = await log(service)
    assert "lr: outside of the new range, nearest value used" in message
    assert "augment: not there or of another kind, default used" in message


async def test_a_source_without_a_usable_result_is_said(service: Service) -> None:
    """Nothing is taken, and the log warns; the study begins all the same."""
    await an_earlier_study(service, 1.0)
    spec = a_plain_spec(objectives=(Objective(metric="speed", minimize=False),))

    await service.create(from_digits(spec), study_id="later")

    assert await trials(service) == []
    assert await log(service) == [(Severity.WARNING, "from digits: 0 configurations of 0 results are queued")]


async def test_wrong_sources_are_refused(service: Service) -> None:
    """One that is not there, and one without a parameter in common, each by its path; nothing is created."""
    await an_earlier_study(service, 1.0)
    spec = replace(
        a_plain_spec(),
        space=SearchSpace(parameters=(Parameter(name="width", kind=Double(min=0.0, max=1.0)),)),
        transfer=(TransferSource(study="digits"), TransferSource(study="none")),
    )

    for validate_only in (True, False):
        ask = CreateStudy(project=ProjectName("default"), study_id="later", spec=spec, validate_only=validate_only)

        def create(ask: CreateStudy = ask) -> object:
            return service.act(lambda uow: create_study(uow, service.tools, ask))

        with pytest.raises(InvalidArgument) as refused:
            await create()  # type: ignore[misc]  # an act's awaitable
        assert [(v.field, v.description) for v in refused.value.violations] == [
            ("study.spec.transfer[0].study", "'digits' has no searched parameter of this study"),
            ("study.spec.transfer[1].study", "there is no study 'none' in this project"),
        ]


async def test_a_study_of_other_sources_is_another_study(service: Service) -> None:
    """They are part of what it was created from; the same again is the same study, and takes nothing twice."""
    await an_earlier_study(service, 1.0, 2.0)
    first = await service.create(from_digits(), study_id="later")
    await service.fill(0.9)

    again = await service.create(from_digits(), study_id="later")
    with pytest.raises(StudySpecMismatch, match="transfer"):
        await service.create(a_plain_spec(), study_id="later")

    assert again.uid == first.uid
    assert len(await trials(service)) == 2


async def test_a_source_may_go_when_the_study_is_there(service: Service) -> None:
    """It is read once: what was taken stays, and a trial of it is handed out."""
    await an_earlier_study(service, 1.0, 2.0)
    study: Study = await service.create(from_digits(), study_id="later")

    await service.act(lambda uow: uow.delete_study(uow.study(STUDY).uid))

    assert (await service.act(lambda uow: uow.next_queued(study.uid))) is not None
    assert study.spec.transfer == (TransferSource(study="digits"),)
