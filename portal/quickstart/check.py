"""Whether the whole thing works: a first SMS through the real form, read back at the operator."""

import hashlib
import http.cookiejar
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import environ
from pathlib import Path

from django.conf import settings

from portal.core.errors import Refused
from portal.embedded.sandbox import SandboxLetter, read_accounts, read_letters
from portal.quickstart.demo import MANAGER, SENDER, SMS_USER

TEXT = "Привет! Это проверка портала: 1 + 1 = 2.\nХорошего дня — портал."
TYPED_NUMBERS = "8 (921) 000-00-00\n+7 911 123-45-67, 79131234567"
NUMBERS = ("79210000000", "79111234567", "79131234567")
READ_SECONDS = 60.0


def check_quickstart() -> str:
    """Run a quickstart of its own in a throwaway folder and send one SMS to three numbers.

    Returns the letter as the sandbox operator read it, password masked. Raises ``Refused`` where
    anything on the way is not as it must be.
    """
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="check-", dir=settings.DATA_DIR) as folder:
        data_dir = Path(folder)
        with _quickstart(data_dir) as (address, password):
            _send_through_the_form(address, password)
            return _read_letter(data_dir)


@contextmanager
def _quickstart(data_dir: Path) -> Iterator[tuple[str, str]]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "quickstart", "--any-port"],
        env={**environ, "PORTAL_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _address_and_password(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _address_and_password(process: "subprocess.Popen[str]") -> tuple[str, str]:
    address = password = ""
    assert process.stdout is not None, "it was opened as a pipe"
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            address = found[0]
        if found := re.search(rf"{re.escape(MANAGER)}\s+\S+\s+(\S+)", line):
            password = found[1]
        if address and password:
            return address, password
    raise Refused("quickstart ended before it printed an address and a password")


class Browser:
    """As much of a browser as the check needs: cookies, forms, redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self.url = ""

    def get(self, path: str) -> str:
        return self._read(urllib.request.Request(urllib.parse.urljoin(self.address, path)))  # noqa: S310

    def post(self, path: str, page: str, fields: Mapping[str, str]) -> str:
        """Send the page's hidden fields and ``fields`` over them."""
        everything = {**hidden_fields(page), **fields}
        body = urllib.parse.urlencode(everything).encode()
        url = urllib.parse.urljoin(self.address, path)
        return self._read(urllib.request.Request(url, data=body))  # noqa: S310

    def _read(self, request: urllib.request.Request) -> str:
        with self._opener.open(request, timeout=30) as response:
            self.url = response.url
            return str(response.read().decode())


def hidden_fields(page: str) -> dict[str, str]:
    """Names and values of the page's hidden inputs."""
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page)
    pairs = ((_attribute(one, "name"), _attribute(one, "value")) for one in inputs)
    return {name: value for name, value in pairs if name}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"\b{name}=\"([^\"]*)\"", tag)
    return found[1] if found else ""


def _send_through_the_form(address: str, password: str) -> None:
    browser = Browser(address)
    page = browser.get("account/login/")
    browser.post("account/login/", page, {"login": MANAGER, "password": password})
    if "/account/login/" in browser.url:
        raise Refused("The demo manager could not sign in.")
    page = browser.get("messages/new")
    form = {"sender": SENDER, "numbers": TYPED_NUMBERS, "text": TEXT}
    page = browser.post("messages/confirm", page, form)
    browser.post("messages/send", page, form)
    if not re.search(r"/history/\d+", browser.url):
        raise Refused(f"The message was not queued; the form led to {browser.url}")


def _read_letter(data_dir: Path) -> str:
    log = data_dir / "sandbox" / "letters.jsonl"
    give_up = time.monotonic() + READ_SECONDS
    while not (letters := read_letters(log)):
        if time.monotonic() > give_up:
            raise Refused("The sandbox operator got no letter.")
        time.sleep(0.1)
    if hashlib.sha256(expected_body(data_dir)).hexdigest() != letters[0].body_sha256:
        raise Refused(f"The letter's bytes are wrong:\n{letters[0].body_masked}")
    return _shown(letters[0])


def expected_body(data_dir: Path) -> bytes:
    """The letter's bytes, put together from the operator's guide alone."""
    account = read_accounts(data_dir / "sandbox" / "accounts.json")[0]
    lines = [
        f"SmsUser={SMS_USER}",
        f"Password={account.password.reveal()}",
        f"SourceAddress={SENDER}",
        f"PhoneNumber={','.join(NUMBERS)}",
        *TEXT.split("\n"),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("windows-1251")


def _shown(letter: SandboxLetter) -> str:
    return letter.body_masked.replace("\r\n", "\n").strip("\n")
