"""Files that take long to be read, through which the lease is renewed."""

import io
import time
from collections.abc import Callable
from typing import BinaryIO, cast

BREATH_SECONDS = 10.0


def breathing(file: BinaryIO, breathe: Callable[[], None]) -> BinaryIO:
    """``file``, which calls ``breathe`` on being read BREATH_SECONDS after it last did: between two
    rows there may be hundreds of megabytes of nothing."""
    return cast(BinaryIO, _Breathing(file, breathe))


class _Breathing(io.RawIOBase):
    def __init__(self, file: BinaryIO, breathe: Callable[[], None]) -> None:
        self._file = file
        self._breathe = breathe
        self._last = time.perf_counter()

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        if time.perf_counter() - self._last >= BREATH_SECONDS:
            self._breathe()
            self._last = time.perf_counter()
        return self._file.read(size)
