"""Machines for the portal's processes: network namespaces on a bridge.

The servers listen on the bridge's address; a host that is cut off sends and gets nothing, and
nobody tells either side, as when a cable is pulled behind the next switch.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

BRIDGE = "hub"
_PREFIX_LENGTH = 24
_FIRST_OF_HOSTS = 10
_DISABLED, _FORWARDING = "0", "3"


@dataclass(frozen=True)
class Host:
    """``entrance`` stands before every command that runs there."""

    name: str
    entrance: tuple[str, ...] = ()

    def cut_off(self) -> None:
        self._let_frames_through(_DISABLED)

    def join_again(self) -> None:
        self._let_frames_through(_FORWARDING)

    def _let_frames_through(self, state: str) -> None:
        assert self.entrance, "a plain process has no cable of its own"
        _run("bridge", "link", "set", "dev", self.name, "state", state)


@contextmanager
def hosts(*names: str, hub: str | None) -> Iterator[list[Host]]:
    """Hosts that reach the servers at ``hub``, the bridge's address; None: on this machine."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_namespace(name, hub, number)) if hub else Host(name)
            for number, name in enumerate(names, _FIRST_OF_HOSTS)
        ]


@contextmanager
def _namespace(name: str, hub: str, number: int) -> Iterator[Host]:
    """It has no name and lives as long as the process that stands in it, which ends with ours."""
    stay = ("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c")
    with subprocess.Popen(
        [*stay, "echo there; exec sleep infinity"], stdout=subprocess.PIPE
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"there\n"
            entrance = ("nsenter", "--target", str(holder.pid), "--net", "--")
            _plug_in(name, holder.pid, entrance, str(ip_address(hub) + number))
            yield Host(name, entrance)
            # With the namespace it would go too, but only some time later.
            _run("ip", "link", "delete", name)
        finally:
            holder.kill()


def _plug_in(name: str, holder: int, entrance: tuple[str, ...], address: str) -> None:
    there = ("type", "veth", "peer", "name", "eth0", "netns", str(holder))
    _run("ip", "link", "add", name, *there)
    _run("ip", "link", "set", name, "master", BRIDGE, "up")
    _run(*entrance, "ip", "link", "set", "lo", "up")
    _run(*entrance, "ip", "address", "add", f"{address}/{_PREFIX_LENGTH}", "dev", "eth0")
    _run(*entrance, "ip", "link", "set", "eth0", "up")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
