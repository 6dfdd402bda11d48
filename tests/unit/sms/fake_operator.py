"""An SMTP server that does what a test tells it, step by step."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from sms.smtp import Security, Server


class Fault(Enum):
    CLOSE = auto()
    HANG = auto()


Script = dict[str, bytes | Fault]

OBEDIENT: Script = {
    "GREETING": b"220 ready",
    "EHLO": b"250-operator\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME",
    "STARTTLS": b"220 go",
    "AUTH": b"235 welcome",
    "LOGIN": b"334 VXNlcm5hbWU6",
    "USER": b"334 UGFzc3dvcmQ6",
    "PASSWORD": b"235 welcome",
    "MAIL": b"250 ok",
    "RCPT": b"250 ok",
    "DATA": b"354 go on",
    "DOT": b"250 queued as 1",
    "RSET": b"250 ok",
    "QUIT": b"221 bye",
}
PATIENT: Script = OBEDIENT | {"EHLO": b"250-operator\r\n250 8BITMIME"}


@dataclass
class FakeOperator:
    script: Script
    server: Server
    context: ssl.SSLContext | None = None
    commands: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer("GREETING", writer)
            while line := await reader.readline():
                self.commands.append(line.rstrip(b"\r\n"))
                await self._obey(self._step(line), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self.gone.set()
            writer.transport.abort()

    def _step(self, line: bytes) -> str:
        if self.commands[-2:-1] == [b"AUTH LOGIN"]:
            return "USER"
        if self.commands[-3:-2] == [b"AUTH LOGIN"]:
            return "PASSWORD"
        return "LOGIN" if line.startswith(b"AUTH LOGIN") else line[:8].split()[0].decode()

    async def _obey(
        self, step: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._answer(step, writer)
        if step == "STARTTLS" and self.context and self.script["STARTTLS"] == b"220 go":
            await writer.start_tls(self.context)
        if step == "DATA" and str(self.script["DATA"]).startswith("b'354"):
            if "BODY" in self.script:
                await self._answer("BODY", writer)
            self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
            await self._answer("DOT", writer)

    async def _answer(self, step: str, writer: asyncio.StreamWriter) -> None:
        answer = self.script[step]
        if answer is Fault.CLOSE:
            raise ConnectionAbortedError
        if answer is Fault.HANG:
            await asyncio.Event().wait()
        if isinstance(answer, bytes):
            writer.write(answer + b"\r\n")
            await writer.drain()


@asynccontextmanager
async def operator(
    script: Script = OBEDIENT,
    *,
    context: ssl.SSLContext | None = None,
    tls: bool = False,
) -> AsyncIterator[FakeOperator]:
    """A running fake; `server` describes how to reach it, with short timeouts."""
    fake = FakeOperator(script, Server("127.0.0.1", 0, Security.NONE), context)
    listener = await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=context if tls else None)
    port = listener.sockets[0].getsockname()[1]
    fake.server = Server("127.0.0.1", port, Security.NONE, timeout=5.0, dot_timeout=5.0)
    try:
        yield fake
    finally:
        listener.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)


Talk = Callable[[FakeOperator], Coroutine[Any, Any, None]]


def run(talk: Talk, script: Script = OBEDIENT) -> FakeOperator:
    """The fake, after the talk with it."""

    async def main() -> FakeOperator:
        async with asyncio.timeout(10), operator(script) as fake:
            await talk(fake)
            return fake

    return asyncio.run(main())
