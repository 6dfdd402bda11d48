from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.cache_keys import forget_cached
from tests.integration.access.world import World, make_world


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside leaves no trace in the database, nor in a cache outside of it."""
    block = transaction.atomic()
    # As in Django's TestCase: a durable transaction inside is not told that it is nested.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)
    forget_cached()


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once: thousands of requests each leave it as it was."""
    with django_db_blocker.unblock(), undone():
        yield make_world()
