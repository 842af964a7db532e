"""Every language over every case: played two languages at a time, and what is left to say of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.case import Case
from tests.conformance.languages import Language
from tests.conformance.stage import Outcome, Stage, Verdict

AT_ONCE = 2
"""Languages that are played at the same time: one on each core."""

Verdicts = Mapping[str, Mapping[str, Outcome]]
"""By language, then by case."""
_MARKS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.KNOWN: "known",
    Verdict.PASSES_THOUGH_LISTED: "✗ listed",
    Verdict.LACKING: "–",
    Verdict.NOT_RUN: "not run",
}


def play_all(
    languages: Sequence[Language], cases: Sequence[Case], told: Callable[[str, Case, Outcome], None]
) -> Verdicts:
    """Play every case with every language; *told* hears of each outcome, from several threads."""

    def play(language: Language) -> dict[str, Outcome]:
        found: dict[str, Outcome] = {}
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            stage = Stage(language, Path(folder))
            try:
                for case in cases:
                    found[case.name] = stage.play(case)
                    told(language.name, case, found[case.name])
            finally:
                stage.close()
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip([language.name for language in languages], pool.map(play, languages), strict=True))


def table(verdicts: Verdicts, cases: Sequence[Case]) -> str:
    """Languages by cases, as Markdown."""
    lines = [
        f"| case | {' | '.join(verdicts)} |",
        f"|---|{'---|' * len(verdicts)}",
    ]
    for case in cases:
        marks = " | ".join(_MARKS[outcomes[case.name].verdict] for outcomes in verdicts.values())
        lines.append(f"| {case.number} {case.title} | {marks} |")
    return "\n".join(lines) + "\n"
