"""The zip file: its parts, read no further than a cap and never with a DTD."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, BinaryIO
from xml.parsers import expat

from portal.contacts.reading.faults import FileFault, FileRefused
from portal.contacts.reading.ways import MEBIBYTE

_LARGEST_DIRECTORY = MEBIBYTE
_CHUNK = 64 * 1024
_LARGEST_TAG = 4 * MEBIBYTE
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
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with _refusing_broken():
            fed = 0
            for chunk in self._chunks(name):
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > _LARGEST_TAG:
                    raise FileRefused(FileFault.BOMB, limit=_LARGEST_TAG)
                yield
            parser.Parse(b"", True)
        yield

    def parse_whole(self, name: str, start: Callable[[str, Attributes], None]) -> None:
        """The same of a small part whose attributes say all; one that is not there has none."""
        if name in self.names:
            for _step in self.parse(name, start=start):
                pass

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


def _refuse_doctype(*_arguments: object) -> None:
    raise FileRefused(FileFault.ENTITIES)


@contextmanager
def _refusing_broken() -> Iterator[None]:
    try:
        yield
    except FileRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError) as error:
        raise FileRefused(FileFault.BROKEN) from error
    except (
        struct.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
        OSError,
    ) as error:
        raise FileRefused(FileFault.BROKEN) from error
