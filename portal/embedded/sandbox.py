"""The sandbox operator: a local SMTP server in the place of the real one.

It reads the operator's format, checks login and sender name, and keeps what it accepted; no SMS
leaves the machine.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from portal.embedded.folders import make_data_folder, make_private_folder
from portal.embedded.sandbox_accounts import (
    AccountBook,
    SandboxAccount,
    read_accounts,
    write_accounts,
)
from portal.embedded.sandbox_faults import FAULTS, FaultDice, parse_fault
from portal.embedded.sandbox_log import LetterLog, SandboxLetter, read_letters
from portal.embedded.sandbox_smtp import Connection, Judge

__all__ = [
    "FAULTS",
    "SandboxAccount",
    "SandboxLetter",
    "SandboxOperator",
    "parse_fault",
    "read_accounts",
    "read_letters",
    "run_sandbox",
    "write_accounts",
]

_BACKLOG = 1024
_TEXT_SHOWN = 40
_STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class SandboxOperator:
    """The server, in a thread of its own.

    `accounts` are given or in a file, which may come and change at any time. `latency_ms` passes
    before every reply; `faults` are rates by name, drawn for each e-mail from `seed`. Without
    `durable` a letter is not yet on the disk when it is accepted. `on_letter` is called in the
    server's thread. Raises ValueError for an unknown fault or a rate out of 0 to 1.
    """

    def __init__(
        self,
        accounts: Path | Iterable[SandboxAccount],
        log_path: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        latency_ms: int = 0,
        faults: Mapping[str, float] | None = None,
        seed: int | None = None,
        durable: bool = True,
        on_letter: Callable[[SandboxLetter], None] | None = None,
    ) -> None:
        self._book = AccountBook(accounts)
        self._log_path = log_path
        self._host = host
        self._port = port
        self._latency = latency_ms / 1000
        self._dice = FaultDice(faults or {}, seed)
        self._durable = durable
        self._on_letter = on_letter
        self._open_ones: set[Connection] = set()
        self._thread: Thread | None = None
        self._tell_to_stop: Callable[[], object] = bool

    @property
    def port(self) -> int:
        return self._port

    def start(self) -> int:
        """Listen, and return the port, which stays the same over a stop and another start.

        Raises OSError where the port or the log cannot be had, RuntimeError when started already.
        """
        if self._thread is not None:
            raise RuntimeError("the operator is started already")
        listening: Future[int] = Future()
        thread = Thread(target=lambda: asyncio.run(self._serve(listening)), name="sandbox operator")
        thread.start()
        try:
            self._port = listening.result()
        except OSError:
            thread.join()
            raise
        self._thread = thread
        return self._port

    def stop(self) -> None:
        """Drop every connection and stop listening; does nothing when not started."""
        if self._thread is None:
            return
        self._tell_to_stop()
        self._thread.join()
        self._thread = None

    def letters(self) -> list[SandboxLetter]:
        """What was accepted so far, also by an earlier operator with the same log."""
        return read_letters(self._log_path)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    async def _serve(self, listening: "Future[int]") -> None:
        try:
            log = LetterLog(self._log_path, durable=self._durable)
        except OSError as error:
            listening.set_exception(error)
            return
        try:
            await self._serve_until_stopped(log, listening)
        finally:
            log.close()

    async def _serve_until_stopped(self, log: LetterLog, listening: "Future[int]") -> None:
        judge = Judge(self._book, log, self._dice, self._durable, self._on_letter)
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: Connection(judge, self._latency, self._open_ones),
                self._host,
                self._port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            listening.set_exception(error)
            return
        stopped = asyncio.Event()
        self._tell_to_stop = lambda: loop.call_soon_threadsafe(stopped.set)
        listening.set_result(server.sockets[0].getsockname()[1])
        await stopped.wait()
        server.close()
        for connection in list(self._open_ones):
            connection.drop()


def run_sandbox(*, data_dir: Path, port: int, latency_ms: int, faults: Mapping[str, float]) -> None:
    """Serve until SIGTERM or SIGINT; prints `listening on 127.0.0.1:PORT`, and a line for each
    letter on stderr.

    Accounts and letters are in `data_dir`/sandbox: accounts.json and letters.jsonl. Raises
    OSError, and ValueError for a bad fault.
    """
    folder = make_private_folder(make_data_folder(data_dir) / "sandbox")
    operator = SandboxOperator(
        folder / "accounts.json",
        folder / "letters.jsonl",
        port=port,
        latency_ms=latency_ms,
        faults=faults,
        on_letter=_show,
    )
    # Blocked before the thread starts, which inherits it, so that the signals wait for sigwait.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        with operator as running:
            print(f"listening on 127.0.0.1:{running.port}", flush=True)  # noqa: T201
            signal.sigwait(_STOP_SIGNALS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _show(letter: SandboxLetter) -> None:
    text = letter.text.replace("\n", " ")[:_TEXT_SHOWN]
    print(  # noqa: T201
        f"{letter.sender}, recipients: {len(letter.numbers)}, {text}", file=sys.stderr, flush=True
    )
