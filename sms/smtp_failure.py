"""Why a talk with an SMTP server failed, in which phase, and what to do about it."""

import errno
import re
import socket
import ssl

from sms.retry import Phase, Verdict, judge
from sms.smtp_reply import Reply, UnintelligibleReply

# OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
_WRONG_HOST = frozenset({62, 64})
_ERRNO_IN_TEXT = re.compile(r"\[Errno (\d+)\]")
_REASON_BY_TYPE: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timed out"),
    (ssl.SSLError, "TLS handshake failed"),
    (socket.gaierror, "host name unknown"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "connection closed"),
    (UnintelligibleReply, "unintelligible reply"),
)


class SmtpFailure(Exception):
    """The talk failed in `phase`; `reply` is the server's refusal where there was one.

    `reason` is short technical English. Nothing in it holds a credential.
    """

    def __init__(
        self, phase: Phase, reply: Reply | None, reason: str, *, misconfigured: bool = False
    ) -> None:
        super().__init__(phase, reply, reason)
        self.phase = phase
        self.reply = reply
        self.reason = reason
        self.misconfigured = misconfigured

    @property
    def verdict(self) -> Verdict:
        if self.misconfigured:
            return Verdict.PAUSE_ACCOUNT
        return judge(self.phase, self.reply.code if self.reply else None)

    def __str__(self) -> str:
        return f"{self.phase.value}: {self.reason}" + (f" ({self.reply})" if self.reply else "")


def failure_from(phase: Phase, error: Exception) -> SmtpFailure:
    """The failure that a network, TLS or protocol `error` amounts to."""
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong_host = error.verify_code in _WRONG_HOST
        reason = "certificate is for another host" if wrong_host else "certificate not trusted"
        return SmtpFailure(phase, None, reason, misconfigured=True)
    for kind, reason in _REASON_BY_TYPE:
        if isinstance(error, kind):
            return SmtpFailure(phase, None, reason)
    return SmtpFailure(phase, None, _os_reason(error))


def _os_reason(error: Exception) -> str:
    """asyncio folds the errors of several addresses into one text; the first of them will do."""
    found = _ERRNO_IN_TEXT.search(str(error))
    number = getattr(error, "errno", None) or (int(found.group(1)) if found else None)
    if number == errno.ECONNREFUSED:
        return "connection refused"
    return f"network error {errno.errorcode.get(number or 0, 'unknown')}"
