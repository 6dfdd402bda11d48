"""Uploaded files, refused once they are too long."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

# What else a form with a file may hold.
_BESIDE_THE_FILE = 2**20


def was_cut_off(request: HttpRequest) -> bool:
    """Whether a file of the request was too long, and therefore is not among its files."""
    return getattr(request, "upload_was_cut_off", False)


class CappedUploadHandler(FileUploadHandler):
    """Takes no more than ``IMPORT_MAX_BYTES`` of all files of a request, and nothing of a request
    that is announced as longer. Fields that come before the file stay."""

    announced = 0
    received = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, str],  # noqa: N803 - as Django calls it
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        self.announced = content_length

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        limit = settings.IMPORT_MAX_BYTES
        if self.received > limit or self.announced > limit + _BESIDE_THE_FILE:
            assert self.request is not None
            self.request.upload_was_cut_off = True  # type: ignore[attr-defined]
            # A browser sees the answer only once all was read; beyond some length it is not worth
            # the traffic.
            raise StopUpload(connection_reset=self.announced > 3 * limit)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handlers keep the file."""
