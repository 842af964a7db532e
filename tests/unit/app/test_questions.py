"""What models are asked: requests are judged before a model is fitted."""

import pytest

from assay_server.app.questions import (
    MAX_CONFIGURATIONS,
    Predict,
    best_question,
    front_question,
    importance_question,
    prediction_question,
)
from assay_server.domain.analysis import FrontQuestion, PredictionQuestion
from assay_server.domain.errors import InvalidArgument, StudyNotFound
from assay_server.domain.names import StudyName
from assay_server.domain.space import Configuration
from tests.unit.app.service import EPOCHS, STUDY, TWO, Service, a_plain_spec, measured


async def predicted(service: Service, *configurations: Configuration, step: int | None = None) -> PredictionQuestion:
    ask = Predict(study=STUDY, configurations=configurations, step=step)
    return (await service.act(lambda uow: prediction_question(uow, ask)))[1]


async def run(service: Service, *values: tuple[float, float]) -> None:
    for i, (loss, size) in enumerate(values):
        await service.fill(i / 100)
        await service.complete(await service.begin(), measured(0, loss=loss, size=size))


async def test_a_question_has_what_was_asked(service: Service) -> None:
    """Configurations in their order, and the step."""
    await service.create(a_plain_spec(fidelity=EPOCHS))

    question = await predicted(service, {"lr": 0.5}, {"lr": 0.0}, step=9)

    assert question == PredictionQuestion(configurations=({"lr": 0.5}, {"lr": 0.0}), step=9)


async def test_every_wrong_configuration_is_named(service: Service) -> None:
    """Outside of the bounds, unknown, missing: with the path of each, all at once."""
    await service.create(a_plain_spec(fidelity=EPOCHS))

    with pytest.raises(InvalidArgument) as refused:
        await predicted(service, {"lr": 0.5}, {"lr": 1.5}, {}, {"lr": 0.1, "x": 1}, step=10)

    assert [v.field for v in refused.value.violations] == [
        "configurations[1].values['lr']",
        "configurations[2].values['lr']",
        "configurations[3].values['x']",
        "step",
    ]


@pytest.mark.parametrize("num", [0, MAX_CONFIGURATIONS + 1])
async def test_the_number_of_configurations_is_bounded(service: Service, num: int) -> None:
    """One at least, a thousand at most."""
    await service.create()

    with pytest.raises(InvalidArgument, match=f"1 to 1000 configurations, not {num}"):
        await predicted(service, *[{"lr": 0.5}] * num)


@pytest.mark.parametrize("step", [0, 10])
async def test_a_step_must_be_one_of_the_fidelity(service: Service, step: int) -> None:
    """From 1 to its largest."""
    await service.create(a_plain_spec(fidelity=EPOCHS))

    with pytest.raises(InvalidArgument, match=rf"step: {step} is not in \[1, 9\]|{step} is not in"):
        await predicted(service, {"lr": 0.5}, step=step)


async def test_without_a_fidelity_there_is_no_step(service: Service) -> None:
    """It is not ignored."""
    await service.create()

    with pytest.raises(InvalidArgument, match="no fidelity"):
        await predicted(service, {"lr": 0.5}, step=1)


async def test_importances_are_asked_with_the_reference_of_the_front(service: Service) -> None:
    """The hypervolume in question is the one that GetFront shows; none while there is no result."""
    await service.create(a_plain_spec(objectives=TWO))
    _, before = await service.act(lambda uow: importance_question(uow, STUDY))
    await run(service, (1.0, 3.0), (3.0, 1.0))
    _, after = await service.act(lambda uow: importance_question(uow, STUDY))

    reference = (await service.front()).reference
    assert before.reference is None
    assert reference is not None
    assert after.reference == reference.losses


async def test_the_front_is_asked_about_all_full_results(service: Service) -> None:
    """Those that look best are named; the model may think otherwise."""
    await service.create(a_plain_spec(objectives=TWO))
    await run(service, (1.0, 3.0), (3.0, 3.0), (3.0, 1.0))

    _, question = await service.act(lambda uow: front_question(uow, STUDY))
    _, best = await service.act(lambda uow: best_question(uow, STUDY, "size"))

    assert question == FrontQuestion(trials=(1, 2, 3), observed=(1, 3))
    assert best == FrontQuestion(trials=(1, 2, 3), observed=(3,), objective=1)


async def test_questions_about_nothing(service: Service) -> None:
    """A study that is not there, and a metric that is no objective."""
    with pytest.raises(StudyNotFound):
        await service.act(lambda uow: front_question(uow, StudyName("default", "none")))
    await service.create(a_plain_spec(objectives=TWO))
    with pytest.raises(InvalidArgument, match="not an objective"):
        await service.act(lambda uow: best_question(uow, STUDY, "speed"))
