"""What holds for every test: few threads, a Hypothesis profile, no gap unnoticed in CI."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports torch: each of several test processes would otherwise take every core.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# No deadlines: how long an example takes on a shared machine says nothing about the code.
_calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _calm)
settings.register_profile("ci", _calm, derandomize=True, print_blob=True)  # the same examples every time
settings.register_profile("search", _calm, max_examples=2000)  # for a look at night
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

IN_CI = os.environ.get("CI") == "true"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Find a program by name, for tests that need one outside Python (a compiler, a browser).

    Without it the test is skipped, and in CI (`CI=true`) it fails: there a gap would go unnoticed.
    """

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and IN_CI:
            pytest.fail(f"{name} is not installed, and CI must not skip what needs it")
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find
