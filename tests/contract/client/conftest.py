"""A misbehaving peer, and clients of it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

import assay
from assay.retry import Surroundings
from tests.contract.client.peer import STUDY, Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server that answers friendly until it is told otherwise."""
    served = Peer()
    served.start()
    yield served
    served.stop()


@pytest.fixture
def client(peer: Peer) -> Iterator[assay.Client]:
    """A client of the peer, which waits without losing time."""
    in_no_time = replace(Surroundings(), sleep=lambda _: None)
    with assay.Client(peer.address, surroundings=in_no_time) as connected:
        yield connected


@pytest.fixture
def study(client: assay.Client) -> assay.Study:
    """The peer's study."""
    return client.get_study(STUDY)


@pytest.fixture
async def async_study(peer: Peer) -> AsyncIterator[assay.AsyncStudy]:
    """The same in an event loop."""
    async with assay.AsyncClient(peer.address) as connected:
        yield await connected.get_study(STUDY)
