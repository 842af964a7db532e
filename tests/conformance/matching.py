"""Whether what came is what a case expects, and where not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

_MISSING = object()


def mismatch(expected: object, found: object, path: str = "") -> str | None:
    """Where and how *found* differs from *expected*; None when it matches."""
    if isinstance(expected, Mapping):
        return _mapping_mismatch(expected, found, path)
    if isinstance(expected, list):
        return _list_mismatch(expected, found, path)
    if found is _MISSING:
        found = None
    if _is_same(expected, found):
        return None
    return f"{path or 'it'} is {_short(found)}, not {_short(expected)}"


def filled(template: object, values: Mapping[str, object]) -> object:
    """*template* with `${name}` replaced; a string that is nothing else becomes the value itself.

    Raises:
        KeyError: a name is not among *values*.
    """
    if isinstance(template, str):
        if whole := re.fullmatch(r"\$\{([\w.]+)\}", template):
            return values[whole[1]]
        return re.sub(r"\$\{([\w.]+)\}", lambda match: str(values[match[1]]), template)
    if isinstance(template, Mapping):
        return {str(filled(key, values)): filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    return template


def at(found: object, path: str) -> object:
    """What *found* has at a dotted path: `trials.0.name`.

    Raises:
        LookupError: nothing is there.
    """
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]  # type: ignore[index]  # a LookupError
    return found


def _mapping_mismatch(expected: Mapping[str, object], found: object, path: str) -> str | None:
    if len(expected) == 1:
        ((name, argument),) = expected.items()
        if name in _TESTS:
            return None if _TESTS[name](argument, found) else f"{path or 'it'} is {_short(found)}, not {dict(expected)}"
    if not isinstance(found, Mapping):
        return f"{path or 'it'} is {_short(None if found is _MISSING else found)}, not an object"
    for name, wanted in expected.items():
        if told := mismatch(wanted, found.get(name, _MISSING), f"{path}.{name}".lstrip(".")):
            return told
    return None


def _list_mismatch(expected: Sequence[object], found: object, path: str) -> str | None:
    if not isinstance(found, list) or len(found) != len(expected):
        return f"{path or 'it'} is {_short(found)}, not a list of {len(expected)}"
    for i, (wanted, item) in enumerate(zip(expected, found, strict=True)):
        if told := mismatch(wanted, item, f"{path}[{i}]"):
            return told
    return None


def _is_same(expected: object, found: object) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None or found is None:
        return expected is found
    if isinstance(expected, float):
        number = _double(found)
        return number is not None and _same_double(expected, number)
    if isinstance(expected, int):
        return _number(found) == expected
    return expected == found


def _same_double(one: float, other: float) -> bool:
    return one == other and math.copysign(1.0, one) == math.copysign(1.0, other)


def _double(found: object) -> float | None:
    """A double, also one that is written in a string: "-0" is minus zero."""
    if isinstance(found, str):
        try:
            return float(found)
        except ValueError:
            return None
    return float(found) if isinstance(found, float | int) else None


def _number(found: object) -> float | int | None:
    """A number, also one that is written in a string; int where it can be, so that no digit is lost."""
    if isinstance(found, str):
        try:
            return int(found)
        except ValueError:
            try:
                return float(found)
            except ValueError:
                return None
    return found if isinstance(found, float | int) else None


def _is_at_least(least: object, found: object) -> bool:
    number = _number(found)
    assert isinstance(least, float | int)
    return number is not None and number >= least


def _is_at_most(most: object, found: object) -> bool:
    number = _number(found)
    assert isinstance(most, float | int)
    return number is not None and number <= most


def _is_one_of(choices: object, found: object) -> bool:
    assert isinstance(choices, list)
    return any(mismatch(choice, found) is None for choice in choices)


_TESTS: Mapping[str, Callable[[object, object], bool]] = {
    "any": lambda _, found: found is not _MISSING and found is not None,
    "absent": lambda _, found: found is _MISSING or found is None,
    "contains": lambda text, found: isinstance(found, str) and str(text) in found,
    "at_least": _is_at_least,
    "at_most": _is_at_most,
    "length": lambda n, found: isinstance(found, list | str | Mapping) and len(found) == n,
    "not": lambda unwanted, found: mismatch(unwanted, found) is not None,
    "one_of": _is_one_of,
}


def _short(value: object) -> str:
    text = "absent" if value is _MISSING else repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
