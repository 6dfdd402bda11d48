"""Ports of this machine for servers that cannot choose one themselves."""

import socket
import subprocess
import time

HOST = "127.0.0.1"
START_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def await_greeting(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Return once the server greets. Raises AssertionError where it ended or never does."""
    give_up = time.monotonic() + START_SECONDS
    while not _greets(port):
        assert server.poll() is None, f"ended with {server.returncode} before it listened"
        assert time.monotonic() < give_up, f"nothing greets on port {port}"
        time.sleep(0.05)


def _greets(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=5) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False
