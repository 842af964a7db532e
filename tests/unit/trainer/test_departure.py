"""A worker is told to leave by a signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from assay_trainer.departure import Departure


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_announces_the_departure(number: signal.Signals) -> None:
    """The worker goes on until it looks."""
    departure = Departure()

    with departure.announced_by_signals():
        before = departure.is_due()
        signal.raise_signal(number)

        assert (before, departure.is_due()) == (False, True)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises, also where what started us has it ignored, as shells do in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_signal_is_as_without_us() -> None:
    """A worker that does not leave in time can be interrupted."""
    with Departure().announced_by_signals():
        signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_are_as_before() -> None:
    """Who embeds the worker keeps their handlers."""
    before = signal.getsignal(signal.SIGTERM)

    with Departure().announced_by_signals():
        pass

    assert signal.getsignal(signal.SIGTERM) is before
