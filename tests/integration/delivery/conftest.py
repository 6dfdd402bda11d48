from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.unit.sms.conftest import tls_files

__all__ = ["tls_files"]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield
