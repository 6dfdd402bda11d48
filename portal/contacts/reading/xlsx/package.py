"""The zip file: its parts, read no further than a cap and never with a DTD."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, BinaryIO
from xml.parsers import expat

from portal.contacts.reading.faults import FileFault, FileRefused
from portal.contacts.reading.ways import MEBIBYTE

_LARGEST_DIRECTORY = MEBIBYTE
_CHUNK = 64 * 1024
_LARGEST_TAG = MEBIBYTE // 2
# Expat keeps every open element and every name it has met, at many times their bytes. A sheet goes
# seven deep and has some fifty names, a part of styles and themes a few hundred.
_DEEPEST = 100
_MOST_NAMES = 4_000
_LONGEST_NAMES = MEBIBYTE
# Deflate packs a thousandfold at best; a sheet that says the same over and over a hundredfold.
_ABSURD_RATIO = 500
_RATIO_MATTERS_FROM = 20 * MEBIBYTE
_PLAIN_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_IS_ENCRYPTED = 0x1
# What zipfile and expat, and values that are no numbers, raise over hostile bytes.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, KeyError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, OSError),
)

Attributes = Mapping[str, str]


class Package:
    """``unpacked``: bytes that all parts may have without compression, and that are read at most.

    Raises FileRefused: BOMB before anything is unpacked, by what the directory says; BOMB,
    ENTITIES, ENCRYPTED and BROKEN while parts are read.
    """

    def __init__(self, source: BinaryIO, *, unpacked: int) -> None:
        self._limit = unpacked
        self._left = unpacked
        with _refusing_broken():
            self._zip = zipfile.ZipFile(_Directory(source))
        self.names = frozenset(self._zip.namelist())
        self._refuse_bomb()

    @property
    def unpacked(self) -> int:
        """Bytes so far."""
        return self._limit - self._left

    def parse(
        self,
        name: str,
        *,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Feeds the XML of a part to the handlers, a chunk for each step of the iterator. Names of
        elements come as they are written, with a prefix or none."""
        names: dict[str, str] = {}
        parser = expat.ParserCreate(intern=names)
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = _no_deeper(start, end)
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with _refusing_broken():
            fed = 0
            for chunk in self._chunks(name):
                known = len(names)
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > _LARGEST_TAG:
                    raise FileRefused(FileFault.BROKEN)
                if len(names) > known:
                    _refuse_names(names)
                yield
            parser.Parse(b"", True)
        yield

    def parse_whole(
        self, name: str, start: Callable[[str, Attributes], None], *, largest: int
    ) -> None:
        """The same of a part of at most ``largest`` bytes whose attributes say all; one that is not
        there has none."""
        if name not in self.names:
            return
        before = self.unpacked
        for _step in self.parse(name, start=start):
            if self.unpacked - before > largest:
                raise FileRefused(FileFault.BOMB, limit=largest)

    def mimetype(self) -> bytes:
        """What an OpenDocument says it is, else b""."""
        if "mimetype" not in self.names:
            return b""
        with _refusing_broken(), self._open("mimetype") as part:
            return part.read(200)

    def _chunks(self, name: str) -> Iterator[bytes]:
        with self._open(name) as part:
            while chunk := part.read(_CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise FileRefused(FileFault.BOMB, limit=self._limit)
                yield chunk

    def _open(self, name: str) -> IO[bytes]:
        entry = self._zip.getinfo(name)
        if entry.flag_bits & _IS_ENCRYPTED:
            raise FileRefused(FileFault.ENCRYPTED)
        # Others unpack without an end to one step.
        if entry.compress_type not in _PLAIN_METHODS:
            raise FileRefused(FileFault.BROKEN)
        return self._zip.open(entry)

    def _refuse_bomb(self) -> None:
        entries = self._zip.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        is_absurd = unpacked > _RATIO_MATTERS_FROM and unpacked > packed * _ABSURD_RATIO
        if unpacked > self._limit or is_absurd:
            raise FileRefused(FileFault.BOMB, limit=self._limit)


class _Directory(io.RawIOBase):
    """The source as ``zipfile`` sees it, which reads a directory in one go, however big: to 100
    MiB of it belong gigabytes of entries."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_DIRECTORY:
            raise FileRefused(FileFault.BOMB, limit=_LARGEST_DIRECTORY)
        return self._source.read(_LARGEST_DIRECTORY if size < 0 else size)


def _no_deeper(
    start: Callable[[str, Attributes], None], end: Callable[[str], None] | None
) -> tuple[Callable[[str, Attributes], None], Callable[[str], None]]:
    """The handlers, refusing what is nested deeper than _DEEPEST."""
    depth = 0

    def start_counted(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise FileRefused(FileFault.BROKEN)
        start(name, attributes)

    def end_counted(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name)

    return start_counted, end_counted


def _refuse_names(names: Collection[str]) -> None:
    if len(names) > _MOST_NAMES or sum(map(len, names)) > _LONGEST_NAMES:
        raise FileRefused(FileFault.BROKEN)


def _refuse_doctype(*_arguments: object) -> None:
    raise FileRefused(FileFault.ENTITIES)


@contextmanager
def _refusing_broken() -> Iterator[None]:
    try:
        yield
    except FileRefused:
        raise
    except _BROKEN as error:
        raise FileRefused(FileFault.BROKEN) from error
