"""Kombu's file transport, made safe for several writers and readers of one folder.

The one in kombu lets a reader see files that are still empty, and takes messages through the
machine's temporary folder. Here files appear and change whole, by rename, in the broker's folder;
and that folder may be wiped under running senders and receivers.

Celery's event loop looks for messages here, as it does with Redis and RabbitMQ. Without that its
prefork children would read their tasks under one lock, and one that is killed with it in its hands
would leave the others waiting for ever.
"""

import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.asynchronous import Hub
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.transport.virtual.base import BrokerState
from kombu.utils.json import dumps, loads
from kombu.utils.scheduling import FairCycle

from portal.embedded.file_lock import locked

# Workers' heartbeats to each other. A killed worker's queue would be filled for ever.
_EVENT_QUEUES = "celeryev"
_known_bindings: dict[str, BrokerState] = {}


class Channel(filesystem.Channel):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # By queue, the youngest first: a folder of thousands is not read anew for each message.
        self._listed: dict[str, list[str]] = {}

    # kombu's own classes disagree on the second argument's name.
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        if queue.startswith(_EVENT_QUEUES):
            return
        # Time first, so that names sort by age, also after the machine's restart.
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(_folder(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """The oldest message of the queue; raises queue.Empty at once when there is none."""
        while name := self._oldest(queue):
            taken = _folder(self.processed_folder) / name
            try:
                (Path(self.data_folder_in) / name).rename(taken)
            except FileNotFoundError:
                continue
            message: dict[str, Any] = loads(taken.read_bytes())
            taken.unlink()
            return message
        raise Empty

    def _oldest(self, queue: str) -> str | None:
        """A name that somebody else may have taken meanwhile; each is told once in a listing."""
        listed = self._listed.get(queue) or self._waiting(queue)[::-1]
        name = listed.pop() if listed else None
        self._listed[queue] = listed
        return name

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _waiting(self, queue: str) -> list[str]:
        try:
            names = os.listdir(self.data_folder_in)  # noqa: PTH208 - ten times as fast
        except FileNotFoundError:
            return []
        return sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg")

    def get_table(self, exchange: str) -> list[exchange_queue_t]:  # type: ignore[override]
        """The bindings of all processes; those of this one where the file of all was wiped."""
        if self._bindings_file(exchange).exists():
            return super().get_table(exchange)
        known = (self.state.exchanges or {}).get(exchange, {}).get("table", [])
        return [exchange_queue_t(*binding) for binding in known]

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        binding = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._rebind(exchange, lambda others: [binding, *others], binding)

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str | None, *_: Any, **__: Any
    ) -> None:
        self._purge(queue)
        binding = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._rebind(exchange, lambda others: others, binding)

    def _rebind(
        self,
        exchange: str,
        change: Callable[[list[exchange_queue_t]], list[exchange_queue_t]],
        binding: exchange_queue_t,
    ) -> None:
        with locked(_folder(self.control_folder) / "lock"):
            bindings = super().get_table(exchange)
            changed = change([other for other in bindings if other != binding])
            if changed != bindings:
                _write_whole(self._bindings_file(exchange), dumps(changed))

    def _bindings_file(self, exchange: str) -> Path:
        return self.control_folder / f"{exchange}.exchange"


class Transport(filesystem.Transport):
    Channel = Channel
    implements = filesystem.Transport.implements.extend(asynchronous=True)
    # Seconds until a message is noticed; at this pace looking costs under 1 % of a core.
    polling_interval: float = 0.05
    cycle: FairCycle

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        # Kombu has one for the process, whatever the folder, and would not bind in a second one.
        folder = str(client.transport_options["control_folder"])
        self.state = _known_bindings.setdefault(folder, BrokerState())

    def register_with_event_loop(self, connection: Any, loop: Hub) -> None:
        """Deliver from now on what the loop finds waiting."""
        loop.call_repeatedly(self.polling_interval, self._deliver_all)

    def _deliver_all(self) -> None:
        """Everything that its consumers take now."""
        with suppress(Empty):
            while True:
                self.cycle.get(self._deliver)


def _folder(path: str | Path) -> Path:
    folder = Path(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write_whole(path: Path, text: str) -> None:
    # A name without the queue's ending is nobody's message.
    written = path.with_name(f"{path.name}.{uuid.uuid4()}")
    try:
        written.write_text(text)
        written.rename(path)
    except OSError as error:
        raise ChannelError(f"Cannot write {path}") from error
