"""Every language against every case. `make conformance` plays the same and prints a table."""

from collections.abc import Iterator

import pytest

from tests.conformance.case import Case, all_cases
from tests.conformance.languages import Language, all_languages
from tests.conformance.stage import Stage, Verdict
from tests.conftest import IN_CI


def named(item: Language | Case) -> str:
    """For test ids."""
    return item.name


@pytest.fixture(scope="module", params=all_languages(), ids=named)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A language with its servers and its executor, for all cases."""
    language: Language = request.param
    found = Stage(language, tmp_path_factory.mktemp(language.name))
    yield found
    found.close()


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(400)  # the first case of a language may have to build its executor
@pytest.mark.parametrize("case", all_cases(), ids=named)
def test_a_client_does_what_the_case_says(stage: Stage, case: Case) -> None:
    """Judged by the server's own state; what is known to fail must fail."""
    outcome = stage.play(case)

    if outcome.verdict in (Verdict.LACKING, Verdict.NOT_RUN) and not outcome.verdict.is_bad(in_ci=IN_CI):
        pytest.skip(outcome.why)
    assert not outcome.verdict.is_bad(in_ci=IN_CI), f"{outcome.verdict}: {outcome.why}"
