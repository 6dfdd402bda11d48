"""Blows at random instants: at processes, at the broker and at the database."""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

import psutil

from tests.crash.processes import Workshop, kill
from tests.crash.storm.ground import Ground
from tests.crash.storm.parameters import LEASE_SECONDS, Parameters

AWAKE_SECONDS = 2.0


class Weather(Thread):
    """Keeps ``workers`` Celery workers running and strikes at them until it is told to calm.

    ``blows`` counts what it did; ``processes_struck`` how many processes were killed, or stopped
    past their lease; ``ended_by_themselves`` how many workers nobody had struck.
    """

    def __init__(
        self, workshop: Workshop, ground: Ground, parameters: Parameters, dice: random.Random
    ) -> None:
        super().__init__(name="weather", daemon=True)
        self.blows: Counter[str] = Counter()
        self.processes_struck = self.ended_by_themselves = 0
        self._error: Exception | None = None
        self._workshop = workshop
        self._ground = ground
        self._parameters = parameters
        self._dice = dice
        self._calm = Event()
        self._workers = [workshop.celery(loglevel="INFO") for _ in range(parameters.workers)]
        self._sleepers: list[tuple[float, psutil.Process]] = []
        self._blows = {
            self._kill_child: 30,
            self._kill_worker: 3,
            self._nap: 20,
            self._long_sleep: 8,
            self._wipe: 4,
            self._restart_database: 3,
        }
        self._first_ones = dice.sample(list(self._blows), len(self._blows))

    def calm(self) -> None:
        """End it, and wait for what those who still sleep do when they wake. Raises what it died
        of before, if it did."""
        self._calm.set()
        self.join()
        self._wake(everybody=True)
        time.sleep(AWAKE_SECONDS)
        if self._error is not None:
            raise self._error

    def run(self) -> None:
        try:
            while not self._calm.wait(self._dice.expovariate(1 / self._parameters.gust_seconds)):
                self._wake()
                self._replace_the_dead()
                if self.blows.total() < self._parameters.blows:
                    self._next_blow()()
        except Exception as error:
            self._error = error

    def _next_blow(self) -> Callable[[], None]:
        """Each kind once, then any."""
        if self._first_ones:
            return self._first_ones.pop()
        return self._dice.choices(list(self._blows), list(self._blows.values()))[0]

    def _kill_child(self) -> None:
        if child := self._any_child():
            self._strike(child, signal.SIGKILL)
            self.blows["kills"] += 1
            self.processes_struck += 1

    def _kill_worker(self) -> None:
        worker = self._dice.choice(self._workers)
        self.processes_struck += 1 + len(_children(worker))
        kill(worker)
        self._workers.remove(worker)
        self._workers.append(self._workshop.celery(loglevel="INFO"))
        self.blows["kills"] += 1

    def _nap(self) -> None:
        """Shorter than the lease."""
        self._put_to_sleep(self._dice.uniform(0.05, 0.5))
        self.blows["stops"] += 1

    def _long_sleep(self) -> None:
        """Past the lease, so that others take over."""
        self._put_to_sleep(self._dice.uniform(1.1, 2) * LEASE_SECONDS)
        self.processes_struck += 1
        self.blows["stops"] += 1

    def _wipe(self) -> None:
        self._ground.wipe_broker()
        self.blows["wipes"] += 1

    def _restart_database(self) -> None:
        if self._ground.restart_database():
            self.blows["restarts"] += 1
            self.processes_struck += sum(len(_children(worker)) for worker in self._workers)

    def _put_to_sleep(self, seconds: float) -> None:
        if child := self._any_child():
            self._strike(child, signal.SIGSTOP)
            self._sleepers.append((time.monotonic() + seconds, child))

    def _wake(self, *, everybody: bool = False) -> None:
        now = time.monotonic()
        for waking_at, process in list(self._sleepers):
            if everybody or waking_at <= now:
                self._sleepers.remove((waking_at, process))
                self._strike(process, signal.SIGCONT)

    def _any_child(self) -> psutil.Process | None:
        """Of a worker's two children one that is awake."""
        asleep = {process for _, process in self._sleepers}
        children = [child for worker in self._workers for child in _children(worker)]
        awake = [child for child in children if child not in asleep]
        return self._dice.choice(awake) if awake else None

    def _strike(self, process: psutil.Process, number: int) -> None:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)

    def _replace_the_dead(self) -> None:
        for place, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self.ended_by_themselves += 1
                self._workers[place] = self._workshop.celery(loglevel="INFO")


def _children(worker: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    try:
        return psutil.Process(worker.pid).children()
    except psutil.NoSuchProcess:
        return []
