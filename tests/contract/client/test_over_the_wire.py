"""The client against the real front: gRPC, use cases and SQLite."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay
from tests.contract.client.served import served

RANDOM = assay.Strategy([assay.Phase(assay.random())])
LR = {"lr": assay.double(0.0, 1.0)}
LOSS = [assay.minimize("loss")]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the front is."""
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[assay.Client]:
    """A client of it."""
    with assay.Client(address) as connected:
        yield connected


def a_study(client: assay.Client, *, trials: int = 3, fidelity: assay.Fidelity | None = None) -> assay.Study:
    """Random search for lr."""
    return client.create_study(
        "digits",
        space=LR,
        objectives=LOSS,
        constraints=["params <= 200"],
        fidelity=fidelity,
        budget=assay.Budget(trials=trials),
        strategy=RANDOM,
        baseline=False,
    )


def test_a_study_is_searched_from_begin_to_end(client: assay.Client) -> None:
    """Ask, train step by step, report, obey; then the front, the history and the log can be read."""
    study = a_study(client, trials=9, fidelity=assay.Fidelity("epoch", min=1, max=9, eta=3))
    told: list[str] = []
    for trial in study.trials("gpu-0"):
        with trial:
            for epoch in trial.steps():
                directive = trial.report(
                    loss=float(trial.params["lr"]) + 1 / epoch, params=100, checkpoint=f"file:///{trial.number}-{epoch}"
                )
                told.append(directive.reason)

    front = study.front()
    assert study.end_reason == "MAX_TRIALS"
    assert "COMPLETED" in told
    assert "RUNG_REACHED" in told
    assert [trial.state for trial in front] == [assay.TrialState.SUCCEEDED]
    assert front[0].steps == 9
    assert "loss ↓" in str(front)
    assert study.best("loss") == front[0]
    assert [point.trial for point in study.hypervolume_history()][-1:] == [
        max(t.number for t in study.list_trials('state = "SUCCEEDED"'))
    ]
    assert next(study.events()).kind == "STUDY_ENDED"


def test_a_paused_trial_is_resumed_from_its_checkpoint(client: assay.Client) -> None:
    """The second attempt starts where the first one left."""
    study = a_study(client, trials=3, fidelity=assay.Fidelity("epoch", min=1, max=3, eta=3))
    seen: list[tuple[int, int, str | None, list[int]]] = []
    for trial in study.trials("gpu-0"):
        with trial:
            steps = []
            for step in trial.steps():
                trial.report(loss=trial.number, params=1, checkpoint=f"file:///{trial.number}-{step}")
                steps.append(step)
            seen.append((trial.number, trial.attempt, trial.checkpoint, steps))

    assert (1, 1, None, [1]) in seen
    assert (1, 2, "file:///1-1", [2, 3]) in seen


def test_an_equal_study_is_the_same_one(client: assay.Client) -> None:
    """Every worker may begin by creating it."""
    first, second = a_study(client), a_study(client)

    assert first.record == second.record
    assert client.get_study("digits").spec == first.spec


def test_another_specification_is_refused(client: assay.Client) -> None:
    """With the fields that differ."""
    a_study(client)
    with pytest.raises(assay.StudySpecMismatch) as refused:
        client.create_study("digits", space={"lr": assay.double(0, 2)}, objectives=LOSS)

    assert "space" in refused.value.differing


def test_all_violations_come_at_once(client: assay.Client) -> None:
    """With their paths, and nothing was created."""
    with pytest.raises(assay.InvalidArgument) as refused:
        client.create_study("bad", space={"n": assay.integer(5, 1)}, objectives=[*LOSS, *LOSS])

    fields = {violation.field for violation in refused.value.violations}
    assert "study.spec.space.parameters[0].integer.min" in fields
    assert "study.spec.objectives[1].metric" in fields
    assert list(client.list_studies()) == []


def test_a_study_can_be_checked_without_being_created(client: assay.Client) -> None:
    """validate_only shows what the server would choose."""
    would_be = client.create_study("digits", space=LR, objectives=LOSS, validate_only=True)

    assert would_be.record.strategy_rationale
    assert list(client.list_studies()) == []


def test_what_is_queued_runs_first(client: assay.Client) -> None:
    """A configuration of the user, with its labels; and one that was measured elsewhere counts."""
    study = client.create_study("digits", space=LR, objectives=LOSS, strategy=RANDOM, baseline=False)
    study.enqueue({"lr": 1}, priority=1, labels={"kind": "mine"})
    attached = study.attach({"lr": 0}, {"loss": 0.0})
    [trial] = study.ask("gpu-0")
    with trial:
        trial.report(loss=1.0)

    assert trial.params == {"lr": 1.0}
    assert attached.state is assay.TrialState.SUCCEEDED
    best = study.best()
    assert best is not None
    assert best.number == attached.number
    assert [found.number for found in study.list_trials('labels.kind = "mine"')] == [trial.number]


def test_lists_are_read_page_by_page(client: assay.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever iterates sees all of them, in order."""
    monkeypatch.setattr("assay.study.PAGE_SIZE", 2)
    study = client.create_study("digits", space=LR, objectives=LOSS, strategy=RANDOM, baseline=False)
    for i in range(5):
        study.attach({"lr": i / 10}, {"loss": i})

    assert [trial.number for trial in study.list_trials()] == [1, 2, 3, 4, 5]
    assert [trial.metrics["loss"] for trial in study.list_trials(order_by="metrics.loss desc")] == [4, 3, 2, 1, 0]


def test_an_exception_is_kept_as_the_reason(client: assay.Client) -> None:
    """Each attempt's words can be read later; after max_attempts the trial has FAILED."""
    study = client.create_study("digits", space=LR, objectives=LOSS, strategy=RANDOM, max_attempts=2)
    for _ in range(2):
        [trial] = study.ask("gpu-0")
        with pytest.raises(ZeroDivisionError), trial:
            raise ZeroDivisionError("loss exploded")

    record = study.trial(1)
    assert record.state is assay.TrialState.FAILED
    assert [attempt.failure_kind for attempt in record.attempts] == ["CRASHED", "CRASHED"]
    assert "loss exploded" in record.attempts[0].failure_message


def test_a_trial_is_handed_back_and_taken_up(client: assay.Client) -> None:
    """By another worker, from the checkpoint, without counting as a death."""
    study = a_study(client, fidelity=assay.Fidelity("epoch", min=9, max=9))
    [first] = study.ask("gpu-0")
    first.report(loss=1.0, params=1, checkpoint="file:///c")
    with pytest.raises(assay.Preempted), first:
        raise assay.Preempted("SIGTERM")
    [second] = study.ask("gpu-1")

    assert (second.number, second.attempt, second.start_step) == (first.number, 2, 1)
    assert second.checkpoint == "file:///c"
    assert study.trial(first.number).attempts[0].failure_kind == "PREEMPTED"


def test_a_zombie_is_told_that_its_lease_is_lost(client: assay.Client) -> None:
    """Its report changes nothing; its block ends quietly."""
    study = a_study(client, fidelity=assay.Fidelity("epoch", min=9, max=9))
    [zombie] = study.ask("gpu-0")
    [again] = study.ask("gpu-0")
    again.release()
    [other] = study.ask("gpu-1")
    reached_the_end = False
    with zombie:
        zombie.report(loss=0.0, params=1)
        reached_the_end = True

    assert not reached_the_end
    assert zombie.should_stop
    assert study.trial(other.number).steps == 0


def test_a_configuration_that_cannot_work_is_infeasible(client: assay.Client) -> None:
    """It is not tried again, and the search learns from it."""
    study = client.create_study("digits", space=LR, objectives=LOSS, strategy=RANDOM)
    [trial] = study.ask("gpu-0")
    with trial:
        state = trial.infeasible("does not fit into memory")

    assert state is assay.TrialState.INFEASIBLE
    assert study.trial(1).attempts[0].failure_message == "does not fit into memory"


def test_a_study_is_steered(client: assay.Client) -> None:
    """Stop, reopen, a new budget, delete: the handle follows."""
    study = a_study(client)
    assert study.stop().end_reason == "STOPPED_BY_USER"
    assert list(study.trials("gpu-0")) == []
    assert not study.reopen().is_over
    assert study.update(budget=assay.Budget(trials=7), description="more").spec.budget == assay.Budget(trials=7)
    assert study.spec.description == "more"
    study.delete()

    with pytest.raises(assay.StudyNotFound):
        study.refresh()


def test_an_update_of_what_has_changed_is_refused_on_demand(client: assay.Client) -> None:
    """Two people do not overwrite each other without knowing."""
    mine, theirs = a_study(client), client.get_study("digits")
    theirs.update(description="theirs")

    with pytest.raises(assay.EtagMismatch):
        mine.update(description="mine", if_unchanged=True)
    assert client.get_study("digits").spec.description == "theirs"


def test_progress_tells_who_works(client: assay.Client) -> None:
    """States, rungs and workers, and the study along with them."""
    study = a_study(client, fidelity=assay.Fidelity("epoch", min=1, max=9))
    [trial] = study.ask("gpu-0")
    progress = study.progress()

    assert [(worker.worker, worker.trial) for worker in progress.workers] == [("gpu-0", trial.number)]
    assert [rung.step for rung in progress.rungs] == [1, 3, 9]
    assert progress.study.counts[assay.TrialState.RUNNING] == 1
    assert progress.best_values[0].value is None


def test_test_metrics_are_written_once(client: assay.Client) -> None:
    """After the study is over, and never again."""
    study = a_study(client, trials=1)
    for trial in study.trials("gpu-0"):
        with trial:
            trial.report(loss=0.5, params=1)
    sealed = study.seal_test_metrics(1, {"test_error": 0.25})

    assert sealed.test_metrics == {"test_error": 0.25}
    with pytest.raises(assay.TestMetricsSealed):
        study.seal_test_metrics(1, {"test_error": 0.0})


def test_a_watch_ends_with_the_study(client: assay.Client) -> None:
    """Every trial is told of, in its last state."""
    study = a_study(client, trials=2)
    for trial in study.trials("gpu-0"):
        with trial:
            trial.report(loss=0.5, params=1)
    last = {trial.number: trial.state for trial in study.watch()}

    assert last == {1: assay.TrialState.SUCCEEDED, 2: assay.TrialState.SUCCEEDED}


def test_what_is_not_served_yet_says_so(client: assay.Client) -> None:
    """A call of the contract that this version does not serve is not a broken connection."""
    study = a_study(client)

    with pytest.raises(assay.NotServedYet):
        study.report()


async def test_the_same_in_an_event_loop(address: str) -> None:
    """Two workers in one loop share a study to its end."""
    async with assay.AsyncClient(address) as client:
        study = await client.create_study(
            "digits",
            space=LR,
            objectives=LOSS,
            fidelity=assay.Fidelity("epoch", min=1, max=9, eta=3),
            budget=assay.Budget(trials=9),
            strategy=RANDOM,
        )

        async def work(name: str) -> int:
            num_reports = 0
            async for trial in study.trials(name):
                async with trial:
                    async for epoch in trial.steps():
                        await trial.report(loss=float(trial.params["lr"]) + 1 / epoch, checkpoint="file:///c")
                        num_reports += 1
            return num_reports

        reports = await asyncio.gather(work("a"), work("b"))
        front = await study.front()
        states = [trial.state async for trial in study.list_trials()]
        watched = {trial.number async for trial in study.watch()}

    assert study.end_reason == "MAX_TRIALS"
    assert min(reports) > 0
    assert len(states) == 9
    assert all(state.is_terminal for state in states)
    assert len(front) == 1
    assert watched == set(range(1, 10))


async def test_acts_on_trials_in_an_event_loop(address: str) -> None:
    """Complete, fail, release, infeasible: each ends what it says."""
    async with assay.AsyncClient(address) as client:
        study = await client.create_study("digits", space=LR, objectives=LOSS, strategy=RANDOM, baseline=False)
        await study.enqueue({"lr": 0.5})
        await study.attach({"lr": 0.25}, {"loss": 0.25})
        [one], [two], [three], [four] = [await study.ask(worker) for worker in "abcd"]

        states = [
            await one.complete(loss=1.0),
            await two.fail("crashed", permanent=True),
            await three.infeasible("does not fit"),
            await four.release(reason="leaving"),
        ]
        best = await study.best()

    assert [str(state) for state in states] == ["SUCCEEDED", "FAILED", "INFEASIBLE", "QUEUED"]
    assert best is not None
    assert best.origin == "EXTERNAL"
