"""Runs hear that their worker is to end.

Celery tells its main process alone, which then waits for the tasks that its children have in hand.
"""

from mmap import mmap

from celery.signals import worker_shutting_down

# A page of memory that a process shares with the children it forks.
_told = mmap(-1, 1)


@worker_shutting_down.connect
def tell_runs_to_end(**_: object) -> None:
    _told[0] = 1


def is_stopping() -> bool:
    """Whether nothing more is to be begun in this process."""
    return bool(_told[0])
