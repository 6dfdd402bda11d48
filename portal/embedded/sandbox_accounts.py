"""Who may order an SMS from the sandbox operator, and under which sender names."""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sms.secret import Secret


@dataclass(frozen=True)
class SandboxAccount:
    """An account as the operator keeps it; `senders` is None with "dynamic sender" switched on."""

    sms_user: str
    password: Secret
    senders: frozenset[str] | None
    mailbox: str

    def admits(self, sender: str) -> bool:
        return self.senders is None or sender in self.senders


def write_accounts(path: Path, accounts: Iterable[SandboxAccount]) -> None:
    """Put the accounts into a JSON file of mode 600, whole or not at all. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, written = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"accounts": [_as_json(account) for account in accounts]}, file, indent=1)
        Path(written).replace(path)
    except BaseException:
        Path(written).unlink()
        raise


def read_accounts(path: Path) -> tuple[SandboxAccount, ...]:
    """The accounts of a file that `write_accounts` made. Raises OSError, or ValueError, which
    quotes nothing of the file, for any other content."""
    text = path.read_text(encoding="utf-8")
    try:
        return tuple(_from_json(account) for account in json.loads(text)["accounts"])
    except (ValueError, KeyError, TypeError):
        # The decoder's error carries the whole document.
        raise ValueError(f"{path} is no file of accounts") from None


class AccountBook:
    """The accounts of now: given once, or from a file that is read again when it was changed.

    While there is no file, whoever orders first under a login has opened that account: any sender
    name, and only the password of that first order from then on.
    """

    def __init__(self, source: Path | Iterable[SandboxAccount]) -> None:
        self._path = source if isinstance(source, Path) else None
        self._accounts = () if isinstance(source, Path) else tuple(source)
        self._opened: dict[str, SandboxAccount] = {}
        self._seen: tuple[int, int, int] | None = None

    def accounts(self) -> tuple[SandboxAccount, ...]:
        """None of them while there is no file. Raises as `read_accounts` does."""
        if self._path is not None:
            self._read_if_changed(self._path)
        return self._accounts

    @property
    def is_open(self) -> bool:
        return self._path is not None and self._seen is None

    def has_mailbox(self, address: str) -> bool:
        known = any(_same_address(account.mailbox, address) for account in self.accounts())
        return known or self.is_open

    def find(self, sms_user: str, password: Secret, mailboxes: list[str]) -> SandboxAccount | None:
        """The account with this login and password, if the mail went to its mailbox."""
        accounts = self.accounts()
        if self.is_open:
            account = self._opened.setdefault(
                sms_user, SandboxAccount(sms_user, password, None, mailboxes[0])
            )
            return account if account.password == password else None
        for account in accounts:
            if (account.sms_user, account.password) == (sms_user, password) and any(
                _same_address(account.mailbox, address) for address in mailboxes
            ):
                return account
        return None

    def _read_if_changed(self, path: Path) -> None:
        try:
            status = path.stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if seen != self._seen:
                self._accounts = read_accounts(path)
                self._seen = seen
        except FileNotFoundError:
            self._accounts, self._seen = (), None


def _same_address(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _as_json(account: SandboxAccount) -> dict[str, object]:
    return {
        "sms_user": account.sms_user,
        "password": account.password.reveal(),
        "senders": None if account.senders is None else sorted(account.senders),
        "mailbox": account.mailbox,
    }


def _from_json(account: dict[str, object]) -> SandboxAccount:
    senders = account["senders"]
    if not (senders is None or isinstance(senders, list)):
        raise TypeError("senders")
    return SandboxAccount(
        sms_user=str(account["sms_user"]),
        password=Secret(str(account["password"])),
        senders=None if senders is None else frozenset(map(str, senders)),
        mailbox=str(account["mailbox"]),
    )
