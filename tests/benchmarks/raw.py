"""The yardsticks: plain smtplib, which keeps no records and promises nothing.

As a program it is one process of it: ``python -m tests.benchmarks.raw PORT CONNECTIONS SECONDS
plain|pipelined``. It connects, says so, starts at a line on stdin and prints e-mails and seconds.
"""

import smtplib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.letters import MAIL_FROM, MAILBOX, letter
from tests.benchmarks.processes import hear, python, running, tell

_COMMANDS = f"MAIL FROM:<{MAIL_FROM}>\r\nRCPT TO:<{MAILBOX}>\r\nDATA\r\n".encode()
Send = Callable[[smtplib.SMTP, bytes], None]


def raw_rate(
    folder: Path,
    port: int,
    *,
    processes: int,
    connections: int = 1,
    pipelined: bool = False,
    seconds: float,
) -> float:
    """E-mails a second of so many processes, each on so many persistent connections."""
    way = "pipelined" if pipelined else "plain"
    arguments = python("-m", "tests.benchmarks.raw", str(port), str(connections), str(seconds), way)
    with ExitStack() as stack:
        started = [
            stack.enter_context(running(arguments, log=folder / "raw.log", has_pipes=True))
            for _ in range(processes)
        ]
        for process in started:
            hear(process)
        for process in started:
            tell(process, "go")
        return sum(_rate(hear(process)) for process in started)


def _rate(line: str) -> float:
    e_mails, seconds = line.split()
    return int(e_mails) / float(seconds)


def _plain(client: smtplib.SMTP, content: bytes) -> None:
    client.sendmail(MAIL_FROM, [MAILBOX], content)


def _pipelined(client: smtplib.SMTP, content: bytes) -> None:
    client.send(_COMMANDS)
    codes = [client.getreply()[0] for _ in range(3)]
    assert codes == [250, 250, 354], codes
    client.send(content + b".\r\n")
    assert client.getreply()[0] == 250


def _send_until(client: smtplib.SMTP, send: Send, until: float) -> int:
    content, sent = letter(), 0
    while time.monotonic() < until:
        send(client, content)
        sent += 1
    return sent


def _connected(port: int) -> smtplib.SMTP:
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="localhost")
    client.ehlo()
    return client


def _main(port: int, connections: int, seconds: float, way: str) -> None:
    send = {"plain": _plain, "pipelined": _pipelined}[way]
    with ThreadPoolExecutor(connections) as pool:
        clients = list(pool.map(_connected, [port] * connections))
        print("ready", flush=True)  # noqa: T201 - the parent waits for it
        sys.stdin.readline()
        begun = time.monotonic()
        until = begun + seconds
        if connections == 1:
            # Not even a second thread is in its way.
            sent = _send_until(clients[0], send, until)
        else:
            sent = sum(pool.map(lambda client: _send_until(client, send, until), clients))
        print(sent, time.monotonic() - begun, flush=True)  # noqa: T201 - the result


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
