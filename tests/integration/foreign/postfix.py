"""A Postfix of the test's own: configuration, queue, keys and mailbox in one temporary folder.

It takes mail on four ports of 127.0.0.1, each for a signed-in client only, keeps what it took in
a maildir, and sends nothing anywhere.
"""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.integration.foreign.ports import HOST, await_greeting, free_port

MASTER = Path("/usr/lib/postfix/sbin/master")
SASLPASSWD = Path("/usr/sbin/saslpasswd2")
PROGRAMS = (MASTER, SASLPASSWD, Path("/usr/bin/openssl"))
DOMAIN = "operator.example"
MAILBOX = f"email2sms@{DOMAIN}"
REALM = "sms"
USER = f"portal@{REALM}"
PASSWORD = "p0stfix"
PATIENCE_SECONDS = 20.0


class Door(StrEnum):
    """The ports differ in what they offer."""

    PLAIN = "plain"  # AUTH PLAIN
    LOGIN = "login"  # AUTH LOGIN
    SEVEN_BIT = "seven-bit"  # AUTH PLAIN, no 8BITMIME
    ONE_BY_ONE = "one-by-one"  # AUTH PLAIN, no PIPELINING


_OPTIONS = {
    Door.PLAIN: "-o smtpd_sasl_path=plain",
    Door.LOGIN: "-o smtpd_sasl_path=login",
    Door.SEVEN_BIT: "-o smtpd_sasl_path=plain -o smtpd_discard_ehlo_keywords=8bitmime",
    Door.ONE_BY_ONE: "-o smtpd_sasl_path=plain -o smtpd_discard_ehlo_keywords=pipelining",
}
_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
virtual unix - n n - - virtual
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    folder: Path
    ports: dict[Door, int]

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def take_mail(self) -> bytes:
        """The one e-mail in the mailbox, with CRLF ends and Postfix's own headers; it is taken
        out. Waits for it."""
        [mail] = self.take_mails(1)
        return mail

    def take_mails(self, count: int) -> list[bytes]:
        """The same of several, in any order."""
        new = self.folder / "mail" / "box" / "new"
        self._wait(lambda: len(list(new.glob("*"))) >= count)
        files = list(new.glob("*"))
        assert len(files) == count
        mails = [file.read_bytes().replace(b"\n", b"\r\n") for file in files]
        for file in files:
            file.unlink()
        return mails

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def await_log(self, words: str) -> None:
        self._wait(lambda: words in self.log())

    def _wait(self, is_done: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not is_done():
            assert time.monotonic() < give_up, self.log()
            time.sleep(0.05)


@contextmanager
def private_postfix() -> Iterator[Postfix]:
    """Runs as root only, as every Postfix does."""
    folder = Path(tempfile.mkdtemp(prefix="portal-postfix-"))
    folder.chmod(0o755)
    try:
        for name in ("etc", "queue", "data", "mail"):
            (folder / name).mkdir()
        postfix = Postfix(folder, {door: free_port() for door in Door})
        _make_certificates(folder)
        _make_logins(folder)
        _configure(postfix)
        with _running(postfix):
            yield postfix
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(postfix: Postfix) -> Iterator[None]:
    configuration = str(postfix.folder / "etc")
    subprocess.run(["/usr/sbin/postfix", "-c", configuration, "check"], check=True)
    process = subprocess.Popen([str(MASTER), "-c", configuration, "-d"])
    try:
        for port in postfix.ports.values():
            await_greeting(port, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _configure(postfix: Postfix) -> None:
    folder = postfix.folder
    owner, group = pwd.getpwnam("postfix"), grp.getgrnam("postfix")
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, group.gr_gid)
    doors = "".join(
        f"{HOST}:{port} inet n - n - - smtpd {_OPTIONS[door]}\n"
        for door, port in postfix.ports.items()
    )
    (folder / "etc" / "master.cf").write_text(doors + _SERVICES)
    (folder / "etc" / "main.cf").write_text(_settings(folder, owner.pw_uid, group.gr_gid))


def _settings(folder: Path, uid: int, gid: int) -> str:
    return f"""\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.{DOMAIN}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error:this server sends nothing
relay_transport = error:this server sends nothing
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = inline:{{ {{ {MAILBOX} = box/ }} }}
virtual_mailbox_base = {folder}/mail
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = {REALM}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
"""


def _make_logins(folder: Path) -> None:
    # Debian's Postfix reads this folder of its configuration, whatever the parameters say.
    sasl = folder / "etc" / "sasl"
    sasl.mkdir()
    for mechanism in ("plain", "login"):
        (sasl / f"{mechanism}.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
            f"sasldb_path: {sasl}/logins\nmech_list: {mechanism}\n"
        )
    user, _, realm = USER.partition("@")
    subprocess.run(
        [str(SASLPASSWD), "-p", "-c", "-f", str(sasl / "logins"), "-u", realm, user],
        input=PASSWORD.encode(),
        check=True,
    )
    shutil.chown(sasl / "logins", "postfix")


def _make_certificates(folder: Path) -> None:
    """An authority, and the server's certificate for 127.0.0.1 signed by it."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    request = ["/usr/bin/openssl", "req", "-x509", *new_key, "-days", "2"]
    authority = [*request, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"]
    server = [
        *(*request, "-subj", "/CN=operator", "-keyout", "server.key", "-out", "server.pem"),
        *("-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-addext", f"subjectAltName=IP:{HOST}", "-addext", "basicConstraints=CA:false"),
    ]
    for command in (authority, server):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
