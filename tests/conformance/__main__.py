"""`make conformance`: play the cases with the languages, print the table, and fail when a client does not conform.

python -m tests.conformance [LANGUAGE...] [--case NNN] [--verbose] [--write]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from tests.conformance.case import Case, all_cases
from tests.conformance.languages import Language, all_languages
from tests.conformance.page import PAGE, page
from tests.conformance.stage import Outcome
from tests.conformance.verdicts import play_all, table


def main(argv: Sequence[str]) -> int:
    """Exit status 1 when a language does not conform."""
    languages, cases = all_languages(), all_cases()
    parser = argparse.ArgumentParser(prog="make conformance", description="Play the conformance cases.")
    parser.add_argument("language", nargs="*", help="; ".join(language.name for language in languages))
    parser.add_argument("--case", action="append", help="number of a case; may be repeated")
    parser.add_argument("--verbose", action="store_true", help="one line for each case as it comes out")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} from a run of everything")
    arguments = parser.parse_args(argv)
    chosen = [language for language in languages if not arguments.language or language.name in arguments.language]
    played = [case for case in cases if not arguments.case or case.number in arguments.case]
    if not chosen or not played:
        parser.error("no such language or case")
    if arguments.write and (chosen, played) != (languages, cases):
        parser.error("--write needs all languages and all cases")
    return _run(chosen, played, is_verbose=arguments.verbose, writes=arguments.write)


def _run(languages: Sequence[Language], cases: Sequence[Case], *, is_verbose: bool, writes: bool) -> int:
    in_ci = os.environ.get("CI") == "true"
    begun = time.monotonic()

    def told(language: str, case: Case, outcome: Outcome) -> None:
        if is_verbose:
            print(f"{time.monotonic() - begun:6.1f} s  {language}: {case.name}: {outcome.verdict}", flush=True)

    verdicts = play_all(languages, cases, told)
    print(table(verdicts, cases))
    bad = 0
    for language, outcomes in verdicts.items():
        for name, outcome in outcomes.items():
            if outcome.why:
                print(f"{language}: {name}: {outcome.verdict}: {outcome.why}\n")
            bad += outcome.verdict.is_bad(in_ci=in_ci)
    if writes:
        PAGE.write_text(page(verdicts, cases), encoding="utf-8")
    print(f"{time.monotonic() - begun:.0f} s; {bad} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
