"""The way to the operator, where every connection is counted and what it carried is noted."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

_EHLO = re.compile(rb"(?:EHLO|HELO) (\S+)\r\n")
_ACCEPTED = b"250 accepted\r\n"
_CHUNK = 2**16
_ESTABLISHED = "01"
T = TypeVar("T")


class Doorway:
    """A relay on a free port of ``host`` to the operator's ``port`` on the same address.

    ``accepted`` counts the e-mails taken from each client, by the name it said in EHLO, and
    ``open`` its connections now; ``most`` is how many were open at once, of all clients.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._inner_port = host, port
        self.port = 0
        self.most = 0
        self.accepted: Counter[str] = Counter()
        self.open: Counter[str] = Counter()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="doorway")

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._pass, self._host, 0, backlog=256))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _leave(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.most = max(self.most, self._open_now())
        client: list[str] = []
        inner_reader, inner_writer = await asyncio.open_connection(self._host, self._inner_port)
        self._writers |= {writer, inner_writer}
        await asyncio.gather(
            self._inward(reader, inner_writer, client), self._outward(inner_reader, writer, client)
        )
        self.open.subtract(client)
        self._writers -= {writer, inner_writer}

    async def _inward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: list[str]
    ) -> None:
        async for chunk in _chunks(reader):
            if not client and (said := _EHLO.search(chunk)):
                client.append(said[1].decode())
                self.open.update(client)
            writer.write(chunk)
        writer.close()

    async def _outward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: list[str]
    ) -> None:
        async for chunk in _chunks(reader):
            for name in client:
                self.accepted[name] += chunk.count(_ACCEPTED)
            writer.write(chunk)
        writer.close()

    def _open_now(self) -> int:
        """By the kernel's word, who knows of a client's leaving before we have read it."""
        rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [row.split() for row in rows]
        port = f":{self.port:04X}"
        return sum(one[1].endswith(port) and one[3] == _ESTABLISHED for one in fields)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            yield chunk
