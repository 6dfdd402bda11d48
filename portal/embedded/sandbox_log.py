"""The letters that the sandbox operator accepted: a file of JSON lines, only ever appended to."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class SandboxLetter:
    """One accepted letter, without its password.

    `time` is aware, in UTC. `body_sha256` is of the decoded body in windows-1251, byte for byte
    as it came; `body_masked` is the order that was read, as `sms.letter.mask` shows it.
    """

    time: datetime
    message_id: str
    sms_user: str
    sender: str
    numbers: tuple[str, ...]
    text: str
    transfer_encoding: str
    body_sha256: str
    body_masked: str


class LetterLog:
    """Appends to the file, which is made with mode 600. Safe for use by several threads."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._durable = durable
        self._descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )

    def append(self, letter: SandboxLetter) -> None:
        """One write, and with `durable` on the disk before it returns. Raises OSError."""
        fields = asdict(letter) | {"time": letter.time.isoformat()}
        line = json.dumps(fields, ensure_ascii=False).encode() + b"\n"
        if os.write(self._descriptor, line) != len(line):
            raise OSError("the letter was written in part only")
        if self._durable:
            os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


def read_letters(log_path: Path) -> list[SandboxLetter]:
    """The letters in the order of the file; none while there is no file.

    A last line that is still being written is left out. Raises OSError, or ValueError for a file
    of another kind.
    """
    try:
        lines = log_path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [_letter(line) for line in lines[:-1]]


def _letter(line: bytes) -> SandboxLetter:
    fields = json.loads(line)
    fields["time"] = datetime.fromisoformat(fields["time"])
    fields["numbers"] = tuple(fields["numbers"])
    return SandboxLetter(**fields)
