"""Kombu's file transport, made safe for several writers and readers of one folder.

The one in kombu lets a reader see files that are still empty, and takes messages through the
machine's temporary folder. Here files appear and change whole, by rename, in the broker's folder.
"""

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.json import dumps, loads

from portal.embedded.file_lock import locked

# Workers' heartbeats to each other. A killed worker's queue would be filled for ever.
_EVENT_QUEUES = "celeryev"


class Channel(filesystem.Channel):
    # kombu's own classes disagree on the second argument's name.
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        if queue.startswith(_EVENT_QUEUES):
            return
        # Time first, so that names sort by age, also after the machine's restart.
        name = f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """The oldest message of the queue; raises queue.Empty at once when there is none."""
        for name in self._waiting(queue):
            taken = Path(self.processed_folder) / name
            try:
                (Path(self.data_folder_in) / name).rename(taken)
            except FileNotFoundError:
                continue
            message: dict[str, Any] = loads(taken.read_bytes())
            taken.unlink()
            return message
        raise Empty

    def _waiting(self, queue: str) -> list[str]:
        names = os.listdir(self.data_folder_in)  # noqa: PTH208 - ten times as fast
        return sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg")

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
        with locked(self.control_folder / "lock"):
            bindings = self.get_table(exchange)
            changed = change([other for other in bindings if other != binding])
            if changed != bindings:
                _write_whole(self.control_folder / f"{exchange}.exchange", dumps(changed))


class Transport(filesystem.Transport):
    Channel = Channel


def _write_whole(path: Path, text: str) -> None:
    # A name without the queue's ending is nobody's message.
    written = path.with_name(f"{path.name}.{uuid.uuid4()}")
    try:
        written.write_text(text)
        written.rename(path)
    except OSError as error:
        raise ChannelError(f"Cannot write {path}") from error
