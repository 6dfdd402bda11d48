"""A TCP proxy that adds latency and takes no bandwidth: ``python -m tests.benchmarks.proxy``.

Whatever comes is passed on half a round trip later, in each direction. The delay is the same for
all, so one queue holds everything under way and one timer serves it.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.processes import free_port, hear, python, running

Deed = Callable[[], None]


class Delay:
    """Does things ``seconds`` later, in the order in which they were asked for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, Deed]] = deque()

    def do(self, deed: Deed) -> None:
        due = self._loop.time() + self._seconds
        self._waiting.append((due, deed))
        if len(self._waiting) == 1:
            self._loop.call_at(due, self._do_due)

    def _do_due(self) -> None:
        now = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            self._waiting.popleft()[1]()
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self._do_due)


class End(asyncio.Protocol):
    """One end of a proxied connection; what it receives goes to ``other``, delayed."""

    def __init__(self, delay: Delay) -> None:
        self.delay = delay
        self.other: End | None = None
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        for data in self._early:
            transport.write(data)

    def data_received(self, data: bytes) -> None:
        other = self.other
        assert other is not None, "both ends are paired before either reads"
        self.delay.do(lambda: other.send(data))

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None:
            self.delay.do(self.other.close)

    def send(self, data: bytes) -> None:
        if self.transport is None:
            self._early.append(data)
        else:
            self.transport.write(data)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


class Entrance(End):
    """The client's end: opens the way to the server half a round trip after it was opened."""

    def __init__(self, delay: Delay, target_port: int) -> None:
        super().__init__(delay)
        self._target_port = target_port
        self._opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.other = End(self.delay)
        self.other.other = self
        self.delay.do(self._open)

    def _open(self) -> None:
        self._opening = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        other = self.other
        assert other is not None
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: other, "127.0.0.1", self._target_port)
        except OSError:
            self.close()


async def serve(port: int, *, target_port: int, round_trip_seconds: float) -> asyncio.Server:
    """A proxy on 127.0.0.1:``port`` to 127.0.0.1:``target_port``, listening."""
    delay = Delay(round_trip_seconds / 2)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Entrance(delay, target_port), "127.0.0.1", port, backlog=256
    )


@contextmanager
def proxied(folder: Path, target_port: int, *, round_trip_ms: int) -> Iterator[int]:
    """The port of a proxy in a process of its own; the target's own port where it adds nothing."""
    if not round_trip_ms:
        yield target_port
        return
    port = free_port()
    options = map(str, (port, target_port, round_trip_ms))
    arguments = python("-m", "tests.benchmarks.proxy", *options)
    with running(arguments, log=folder / "proxy.log", has_pipes=True) as process:
        hear(process)
        yield port


async def _run(port: int, target_port: int, round_trip_ms: int) -> None:
    server = await serve(port, target_port=target_port, round_trip_seconds=round_trip_ms / 1000)
    print("listening", flush=True)  # noqa: T201 - the parent waits for it
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "target_port", "round_trip_ms"):
        parser.add_argument(name, type=int)
    options = parser.parse_args()
    asyncio.run(_run(options.port, options.target_port, options.round_trip_ms))
