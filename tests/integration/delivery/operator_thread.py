"""A fake operator in a thread, for code that runs an event loop of its own."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.unit.sms.fake_operator import OBEDIENT, FakeOperator, Script, operator


@contextmanager
def operator_in_thread(
    script: Script = OBEDIENT, *, context: ssl.SSLContext | None = None, tls: bool = False
) -> Iterator[FakeOperator]:
    """A running fake operator; ``server.port`` says where."""
    ready = Event()
    running: list[tuple[FakeOperator, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with operator(script, context=context, tls=tls) as fake:
            stop = asyncio.Event()
            running.append((fake, asyncio.get_running_loop(), stop))
            ready.set()
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(timeout=10)
    fake, loop, stop = running[0]
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
