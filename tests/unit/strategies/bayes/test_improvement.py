"""Improvement in closed form against its slow twins: BoTorch's posterior, and averages over many samples."""

from __future__ import annotations

import math

import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.utils.multi_objective.hypervolume import Hypervolume
from torch import Tensor

from assay_server.strategies.bayes.aim import Aim
from assay_server.strategies.bayes.improvement import LogImprovement
from assay_server.strategies.bayes.posterior import Marginals, processes_of

pytestmark = pytest.mark.torch

NUM_SAMPLES = 20_000


def a_model(num_outcomes: int, *, num: int = 12, length: float = 0.6) -> SingleTaskGP:
    """Smooth outcomes of two columns; not fitted."""
    chance = torch.Generator().manual_seed(0)
    points_ND = torch.rand(num, 2, dtype=torch.double, generator=chance)
    columns = [torch.sin(3 * points_ND[:, 0] + o) + o * points_ND[:, 1] for o in range(num_outcomes)]
    model = SingleTaskGP(points_ND, torch.stack(columns, dim=1), outcome_transform=None)
    model.covar_module.lengthscale = torch.full_like(model.covar_module.lengthscale, length)
    return model.eval()


def some_points(num: int) -> Tensor:
    return torch.rand(num, 2, dtype=torch.double, generator=torch.Generator().manual_seed(7))


def maximised(num_objectives: int, reference: float | None = -2.0) -> Aim:
    """Each outcome is an objective; no constraints."""
    eye = torch.eye(num_objectives, dtype=torch.double)
    worst = None if reference is None else torch.full((num_objectives,), reference, dtype=torch.double)
    return Aim(weights_MO=eye, reference_M=worst, bounds=None)


@pytest.mark.parametrize("num_outcomes", [1, 3])
def test_moments_are_those_of_botorch(num_outcomes: int) -> None:
    """Means and variances without noise."""
    model, points_PD = a_model(num_outcomes), some_points(9)

    mean_PO, variance_PO = Marginals(processes_of(model))(points_PD)

    twin = model.posterior(points_PD.unsqueeze(1))
    torch.testing.assert_close(mean_PO, twin.mean.squeeze(1), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(variance_PO, twin.variance.squeeze(1), atol=1e-6, rtol=1e-4)


def test_awaited_results_make_their_neighbourhood_known() -> None:
    """The mean stays, the variance falls as it would after a result."""
    model, points_PD = a_model(1), some_points(5)
    pending_PD = points_PD[:2] + 0.01
    before, after = Marginals(processes_of(model)), Marginals(processes_of(model), pending_PD, [0])

    (mean_PO, variance_PO), (later_PO, smaller_PO) = before(points_PD), after(points_PD)

    torch.testing.assert_close(mean_PO, later_PO)
    conditioned = model.condition_on_observations(pending_PD, model.posterior(pending_PD).mean.detach())
    torch.testing.assert_close(smaller_PO[:, 0], conditioned.posterior(points_PD).variance[:, 0], atol=1e-4, rtol=1e-2)
    assert (smaller_PO <= variance_PO + 1e-9).all()


@pytest.mark.parametrize("num_objectives", [2, 3])
def test_expected_hypervolume_improvement_is_the_average_over_samples(num_objectives: int) -> None:
    """Independent normal outcomes, drawn many times."""
    model, points_PD, aim = a_model(num_objectives, num=4, length=0.1), some_points(3), maximised(num_objectives)
    marginals = Marginals(processes_of(model))
    over_ND = model.train_inputs[0][0]

    found_P = LogImprovement(marginals, aim, over_ND)(points_PD.unsqueeze(1)).exp().detach()

    mean_PO, variance_PO = (moment.detach() for moment in marginals(points_PD))
    front_NM = marginals(over_ND)[0].detach()
    assert aim.reference_M is not None
    volume = Hypervolume(ref_point=aim.reference_M)
    before = volume.compute(_front(front_NM))
    assert (found_P > 1e-3).all(), "too rare to be seen in samples"
    torch.manual_seed(1)
    for p in range(3):
        drawn_SM = mean_PO[p] + variance_PO[p].sqrt() * torch.randn(NUM_SAMPLES // 10, num_objectives)
        gains = [volume.compute(_front(torch.cat([front_NM, y_M[None]]))) - before for y_M in drawn_SM.double()]
        spread = torch.tensor(gains).std() / math.sqrt(len(gains))
        assert float(found_P[p]) == pytest.approx(sum(gains) / len(gains), abs=4 * float(spread))


def test_expected_improvement_is_the_average_over_samples() -> None:
    """One objective: beyond the best that is expected of what is known."""
    model, points_PD = a_model(1), some_points(4)
    marginals = Marginals(processes_of(model))

    found_P = LogImprovement(marginals, maximised(1, None), model.train_inputs[0])(points_PD.unsqueeze(1)).exp()

    mean_PO, variance_PO = marginals(points_PD)
    best = marginals(model.train_inputs[0])[0].max()
    torch.manual_seed(1)
    drawn_SP = mean_PO[:, 0] + variance_PO[:, 0].sqrt() * torch.randn(NUM_SAMPLES, 4, dtype=torch.double)
    torch.testing.assert_close(found_P, (drawn_SP - best).clamp_min(0).mean(0), atol=0.01, rtol=0.1)


def test_a_constraint_multiplies_by_its_probability() -> None:
    """The second outcome must not exceed a bound that half of the points are beyond."""
    model, points_PD = a_model(2), some_points(6)
    marginals = Marginals(processes_of(model))
    weights = torch.tensor([[1.0, 0.0]], dtype=torch.double)
    bounds = torch.tensor([[0.0, 1.0]], dtype=torch.double), torch.tensor([[0.5]], dtype=torch.double)
    over_ND = model.train_inputs[0][0]
    over_ND = over_ND[marginals(over_ND)[0][:, 1] <= 0.5]

    free = LogImprovement(marginals, Aim(weights_MO=weights, reference_M=None, bounds=None), over_ND)
    bound = LogImprovement(marginals, Aim(weights_MO=weights, reference_M=None, bounds=bounds), over_ND)

    mean_PO, variance_PO = marginals(points_PD)
    kept_P = torch.special.log_ndtr((0.5 - mean_PO[:, 1]) / variance_PO[:, 1].sqrt())
    torch.testing.assert_close(bound(points_PD.unsqueeze(1)), free(points_PD.unsqueeze(1)) + kept_P)


def test_while_nothing_is_feasible_only_feasibility_counts() -> None:
    """Two aims with opposite objectives then agree on every point."""
    model, points_PD = a_model(2), some_points(6)
    marginals = Marginals(processes_of(model))
    bounds = torch.tensor([[0.0, 1.0]], dtype=torch.double), torch.tensor([[-9.0]], dtype=torch.double)
    up, down = (torch.tensor([[sign, 0.0]], dtype=torch.double) for sign in (1.0, -1.0))

    values = [
        LogImprovement(marginals, Aim(weights_MO=w, reference_M=None, bounds=bounds), points_PD)(points_PD[:, None])
        for w in (up, down)
    ]

    torch.testing.assert_close(*values)


def test_there_is_a_slope_where_nothing_is_expected() -> None:
    """Far behind the front values are tiny but finite, and tell the way."""
    model = a_model(2)
    aim = maximised(2, 40.0)
    point_PD = some_points(2).requires_grad_()

    value_P = LogImprovement(Marginals(processes_of(model)), aim, model.train_inputs[0][0])(point_PD.unsqueeze(1))
    value_P.sum().backward()

    assert value_P.isfinite().all()
    assert point_PD.grad is not None
    assert point_PD.grad.isfinite().all()
    assert (point_PD.grad != 0).any()


def _front(values_NM: Tensor) -> Tensor:
    dominated = (values_NM[:, None] <= values_NM[None]).all(-1) & (values_NM[:, None] < values_NM[None]).any(-1)
    return values_NM[~dominated.any(1)]
