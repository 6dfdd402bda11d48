"""The delaying proxy, without which the figures at 50 ms would mean nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.benchmarks.processes import free_port
from tests.benchmarks.proxy import serve

ROUND_TRIP_SECONDS = 0.1
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echo_server(port: int) -> AsyncIterator[None]:
    """Sends everything back; its end waits for the end of every connection."""
    talks: set[asyncio.Task[None]] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()
        await writer.wait_closed()

    def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(echo(reader, writer)))

    server = await asyncio.start_server(talk, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        await asyncio.gather(*talks)


@asynccontextmanager
async def connected(connections: int = 1) -> AsyncIterator[list[Pair]]:
    target_port, port = free_port(), free_port()
    async with echo_server(target_port):
        proxy = await serve(port, target_port=target_port, round_trip_seconds=ROUND_TRIP_SECONDS)
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
        try:
            yield opened
        finally:
            for _reader, writer in opened:
                writer.close()
                await writer.wait_closed()
            proxy.close()


def test_an_answer_takes_the_round_trip_that_was_asked_for() -> None:
    async def seconds() -> float:
        async with connected() as [(reader, writer)]:
            begun = time.monotonic()
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            return time.monotonic() - begun

    assert asyncio.run(seconds()) >= ROUND_TRIP_SECONDS


def test_everything_arrives_whole_and_in_order_over_many_connections() -> None:
    sent = [b"%d," % number for number in range(500)]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        for piece in sent:
            writer.write(piece)
            await asyncio.sleep(0)
        return await reader.readexactly(len(b"".join(sent)))

    async def all_answers() -> list[bytes]:
        async with connected(20) as pairs:
            return await asyncio.gather(*(talk(*pair) for pair in pairs))

    assert asyncio.run(all_answers()) == [b"".join(sent)] * 20


def test_what_is_under_way_waits_for_nothing_else() -> None:
    """Bandwidth is not limited: two hundred pieces take less than two hundred round trips."""

    async def seconds() -> float:
        async with connected() as [(reader, writer)]:
            begun = time.monotonic()
            for _ in range(200):
                writer.write(b"x" * 1000)
                await asyncio.sleep(0)
            await reader.readexactly(200_000)
            return time.monotonic() - begun

    assert asyncio.run(seconds()) < 200 * ROUND_TRIP_SECONDS
