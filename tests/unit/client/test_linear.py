"""Linear expressions: what is read, and how precisely what is not is refused."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import InvalidArgument
from assay.linear import Comparison, Linear, parse_comparison, parse_linear

names = st.sampled_from(["lr", "depth", "optimizer.lr", "_x1"])
numbers = st.integers(0, 1000)
VALUES = {"lr": Fraction(3), "depth": Fraction(-7), "optimizer.lr": Fraction(1, 2), "_x1": Fraction(11)}


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tuple[str, Fraction]:
    """A linear expression as text, with its value at VALUES computed another way."""
    if depth == 0:
        if draw(st.booleans()):
            name = draw(names)
            return name, VALUES[name]
        number = draw(numbers)
        return str(number), Fraction(number)
    left, at_left = draw(expressions(depth=depth - 1))
    match draw(st.sampled_from("+-*n(")):
        case "n":
            return f"-({left})", -at_left
        case "(":
            return f"( {left} )", at_left
        case "*":
            factor = draw(numbers)
            return f"{factor}*({left})", factor * at_left
        case sign:
            right, at_right = draw(expressions(depth=depth - 1))
            value = at_left + at_right if sign == "+" else at_left - at_right
            return f"{left} {sign} ({right})", value


def at(linear: Linear) -> float:
    """Its value at VALUES."""
    return linear.constant + math.fsum(weight * float(VALUES[name]) for name, weight in linear.weights.items())


@given(expressions())
def test_an_expression_has_the_value_that_it_says(expression: tuple[str, Fraction]) -> None:
    """Reading a weighted sum and evaluating its terms gives what arithmetic gives."""
    text, value = expression

    assert at(parse_linear(text)) == pytest.approx(float(value), rel=1e-9, abs=1e-6)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in a way that is not ours."""
    outcome = read_or_refused(text)

    if isinstance(outcome, InvalidArgument):
        assert repr(text) in str(outcome)
    else:
        assert outcome.weights
        assert all(weight != 0 for weight in outcome.weights.values())


def read_or_refused(text: str) -> Comparison | InvalidArgument:
    """What the parser makes of *text*."""
    try:
        return parse_comparison(text)
    except InvalidArgument as refused:
        return refused


@pytest.mark.parametrize(
    ("text", "weights", "at_most", "bound"),
    [
        ("params <= 200_000", {"params": 1.0}, True, 200_000.0),
        ("lr + 2*depth <= 3", {"lr": 1.0, "depth": 2.0}, True, 3.0),
        ("accuracy >= .5", {"accuracy": 1.0}, False, 0.5),
        ("width <= 2 * depth + 1", {"width": 1.0, "depth": -2.0}, True, 1.0),
        ("1e3 >= x / 2", {"x": -0.5}, False, -1000.0),
        ("`train/loss` <= 0", {"train/loss": 1.0}, True, 0.0),
        ("-(a - b) * 3 ≤ 1", {"a": -3.0, "b": 3.0}, True, 1.0),
        ("a + a <= a + 4", {"a": 1.0}, True, 4.0),
    ],
)
def test_names_go_left_and_numbers_right(text: str, weights: dict[str, float], at_most: bool, bound: float) -> None:
    """Both sides may hold names and numbers."""
    found = parse_comparison(text)

    assert (found.weights, found.at_most, found.bound) == (weights, at_most, bound)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("params < 3", "'<' is not supported; use <= or >= at column 8"),
        ("params == 3", "'==' is not supported; use <= or >= at column 8"),
        ("params", "expected <= or >= at column 7"),
        ("0 <= x <= 1", "one comparison only; write two constraints at column 8"),
        ("x * y <= 1", "is not linear"),
        ("1 / x <= 1", "is not linear"),
        ("x / 0 <= 1", "divides by zero"),
        ("1 <= 2", "compares numbers only"),
        ("x - x <= 2", "compares numbers only"),
        ("x <= ", "expected a number or a name at column 6"),
        ("(x <= 2", "expected ) at column 4"),
        ("x $ 2 <= 1", "cannot read '$' at column 3"),
        ("x <= 1__0", "'1__0' is not a number"),
        ("x <= 1e999", "too large"),
        ("2 x <= 3", "expected <= or >= at column 3"),
        ("x <= 3 y", "expected an operator at column 8"),
        ("__import__('os') <= 1", 'cannot read "\'" at column 12'),
        ("x <= " + "(" * 2000, "nested deeper than 50"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_at_its_place(text: str, told: str) -> None:
    """The error names the text, what is wrong and where."""
    with pytest.raises(InvalidArgument) as refused:
        parse_comparison(text)

    assert told in str(refused.value)
    assert repr(text) in str(refused.value)
    assert refused.value.violations[0].field == "constraint"
