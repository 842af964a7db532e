"""Copies of values with other values in some fields."""

import dataclasses
from dataclasses import dataclass, field

import pytest

from assay_server.domain.copies import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Slots and nothing else."""

    a: int
    b: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Positive:
    """Checks itself."""

    a: int
    b: int = 0

    def __post_init__(self) -> None:
        if self.a <= 0:
            raise ValueError(f"{self.a} is not positive")


@dataclass(frozen=True, kw_only=True)
class WithoutSlots:
    """An ordinary class."""

    a: int
    b: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Plain):
    """Has slots of its own and those of another."""

    c: int


@dataclass(frozen=True, slots=True)
class Single:
    """One field."""

    a: int


@pytest.mark.parametrize("value", [Plain(a=1, b=[2]), Positive(a=1), WithoutSlots(a=1), Derived(a=1, c=3), Single(1)])
def test_a_copy_is_what_dataclasses_make(value: Plain | Positive | WithoutSlots | Single) -> None:
    """For every kind of class: equal to the slow twin's, of the same type, and the original stays as it was."""
    before = dataclasses.asdict(value)

    copy = replace(value, a=7)

    assert copy == dataclasses.replace(value, a=7)
    assert type(copy) is type(value)
    assert dataclasses.asdict(value) == before


def test_what_is_not_replaced_is_shared() -> None:
    """Contents are taken over, not copied."""
    value = Plain(a=1, b=[2])

    assert replace(value, a=2).b is value.b


def test_a_copy_is_as_frozen_as_the_original() -> None:
    """Nothing can be assigned to a copy either."""
    copy = replace(Plain(a=1), a=2)

    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.a = 3  # type: ignore[misc] # that is what is tried


def test_a_class_that_checks_itself_checks_its_copies() -> None:
    """A copy cannot get past the rules of its class."""
    with pytest.raises(ValueError, match="-1 is not positive"):
        replace(Positive(a=1), a=-1)


def test_an_unknown_field_is_refused() -> None:
    """As by dataclasses.replace: a misspelt name is not lost."""
    with pytest.raises(TypeError, match="'z'"):
        replace(Plain(a=1), z=2)  # type: ignore[call-arg] # that is what is tried
