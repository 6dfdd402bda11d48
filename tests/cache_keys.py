"""Keys in a cache that tests share: no transaction takes back what a test counted there."""

import os
from hashlib import sha256
from itertools import count

_forgotten = count()
_generation = next(_forgotten)


def key_of_this_test(key: object, prefix: str, version: int) -> str:
    """The test's own key, the same in each of its threads."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    owner = sha256(f"{os.getpid()} {test} {_generation}".encode()).hexdigest()[:16]
    return f"{prefix}:{version}:{owner}:{key}"


def forget_cached() -> None:
    """From now on nothing that was stored is found again."""
    global _generation
    _generation = next(_forgotten)
