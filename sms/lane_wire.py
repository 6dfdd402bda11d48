"""The bytes of a lane's connection, taken apart into replies as they come."""

import asyncio
from abc import ABC, abstractmethod

from sms.secret import ConfidentialBytes
from sms.smtp_reply import UnintelligibleReply, reply_at

_READ_OCTETS = 4096


class LaneWire(asyncio.BufferedProtocol, ABC):
    """What the event loop calls. A subclass says what the events mean."""

    def __init__(self) -> None:
        self._room = memoryview(bytearray(_READ_OCTETS))
        # A reply of which not all has come.
        self._rest = b""
        self._is_paused = False

    @abstractmethod
    def _heard_reply(self, code: int, data: bytes, start: int, end: int) -> None:
        """A reply is `data[start:end]`; at the end of `data` it is the last that has come."""

    @abstractmethod
    def _heard_part(self) -> None:
        """The first part of a reply came, now in `_rest`."""

    @abstractmethod
    def _heard_nonsense(self) -> None:
        """What came is no reply."""

    @abstractmethod
    def _lost(self) -> None:
        """The connection is gone, perhaps not for the first time."""

    @abstractmethod
    def _drained(self) -> None:
        """The server has read what was written, but for a little."""

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        # A server may quote a credential back, and a traceback must not show it.
        data = ConfidentialBytes(self._room[:nbytes])
        if self._rest:
            data, self._rest = ConfidentialBytes(self._rest + data), b""
        try:
            self._take_apart(data)
        except UnintelligibleReply:
            self._heard_nonsense()

    def _take_apart(self, data: bytes) -> None:
        start, size = 0, len(data)
        while start < size:
            found = reply_at(data, start)
            if found is None:
                self._rest = ConfidentialBytes(data[start:])
                self._heard_part()
                return
            code, end = found
            self._heard_reply(code, data, start, end)
            start = end

    def eof_received(self) -> None:
        self._lost()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._drained()
