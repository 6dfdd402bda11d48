"""What every test needs of the environment."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
import pytest
from django.core.management.commands import flush


@pytest.fixture(autouse=True, scope="session")
def flush_may_empty_append_only_tables() -> Iterator[None]:
    """Tests with transactions of their own end in TRUNCATE, which the triggers refuse."""
    handle = flush.Command.handle

    def handle_without_triggers(command: flush.Command, **options: Any) -> Any:
        with pgtrigger.ignore():
            return handle(command, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle_without_triggers)
        yield
