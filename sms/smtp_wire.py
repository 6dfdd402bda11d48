"""The bytes between us and an SMTP server before a lane takes over: a connection, its buffer."""

import asyncio
import ssl
from typing import cast

from sms.smtp_reply import MAX_REPLY_OCTETS, ReplyLines, take_reply


class Wire(asyncio.Protocol):
    """One connection. Its own buffer, unlike a StreamReader's, can be asked whether it is empty,
    and that is what tells an injected or early reply from the awaited one."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._news: asyncio.Future[None] | None = None
        self.lost = False

    @property
    def silent(self) -> bool:
        """Whether nothing has come that was not read yet."""
        return not self._buffer

    @property
    def tls_version(self) -> str | None:
        tls = self._transport and self._transport.get_extra_info("ssl_object")
        return tls.version() if tls else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > 2 * MAX_REPLY_OCTETS:
            self.abort()
        self._tell()

    def eof_received(self) -> None:
        self.lost = True
        self._tell()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self._tell()

    def write(self, data: bytes) -> None:
        """Queues `data`. Raises ConnectionResetError once the connection is known to be lost."""
        if self.lost or self._transport is None:
            raise ConnectionResetError
        self._transport.write(data)

    async def read_reply(self) -> ReplyLines:
        """The next reply. Raises UnintelligibleReply, or ConnectionResetError at the end."""
        while (reply := take_reply(self._buffer)) is None:
            if self.lost:
                raise ConnectionResetError
            await self._wait()
        return reply

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Wraps the connection in TLS. Raises ssl.SSLError or OSError."""
        if self.lost or self._transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        wrapped = await loop.start_tls(self._transport, self, context, server_hostname=host)
        if wrapped is None:
            raise ConnectionResetError
        self._transport = wrapped

    def hand_over(self, successor: asyncio.BaseProtocol) -> asyncio.Transport:
        """Makes `successor` the protocol of the connection, which ends here.

        Raises ConnectionResetError, and drops it, when it is lost or something came unread.
        """
        transport = self._transport
        if self.lost or transport is None or not self.silent:
            self.abort()
            raise ConnectionResetError
        self.lost, self._transport = True, None
        transport.set_protocol(successor)
        return transport

    def abort(self) -> None:
        """Drops the connection; what is still queued here is never sent."""
        self.lost = True
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
