"""What a trial of a gateway account's connection found, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sms.retry import Phase
from sms.smtp import ProbeResult, SmtpFailure

_BY_REASON: Mapping[str, str | Promise] = {
    "timed out": gettext_lazy("The server did not answer in time. Check the host and the port."),
    "host name unknown": gettext_lazy("There is no server of this name. Check the host."),
    "connection refused": gettext_lazy(
        "The server refused the connection. Check the host and the port."
    ),
    "connection closed": gettext_lazy(
        "The server closed the connection. Check the port and the security."
    ),
    "TLS handshake failed": gettext_lazy(
        "The server does not speak TLS here. Check the port and the security."
    ),
    "certificate not trusted": gettext_lazy(
        "The server's certificate is not trusted. If it is the operator's own, "
        "name its authority's file in PORTAL_CA_FILE_PATH."
    ),
    "certificate is for another host": gettext_lazy(
        "The server's certificate is for another host. Check the host."
    ),
    "STARTTLS not offered": gettext_lazy("The server offers no STARTTLS. Choose other security."),
    "AUTH not offered": gettext_lazy(
        "The server takes no login here. Choose other security or leave the SMTP login empty."
    ),
    "CA file unreadable": gettext_lazy("The file named in PORTAL_CA_FILE_PATH cannot be read."),
    "unintelligible reply": gettext_lazy("What answers there is no SMTP server. Check the port."),
}
_REFUSED_IN: Mapping[Phase, str | Promise] = {
    Phase.AUTH: gettext_lazy("The server refused the SMTP login: %(reply)s"),
    Phase.MAIL: gettext_lazy("The server refused the From address: %(reply)s"),
    Phase.RCPT: gettext_lazy("The server refused the operator's mailbox: %(reply)s"),
}


@dataclass(frozen=True)
class ConnectionReport:
    """``words`` are for the administrator, ``technical`` (English) is for the audit trail."""

    ok: bool
    words: str
    technical: str

    def __str__(self) -> str:
        return self.words


def report_of_failure(failure: SmtpFailure) -> ConnectionReport:
    if failure.reply:
        template = _REFUSED_IN.get(failure.phase) or _("The server refused to talk: %(reply)s")
        words = str(template) % {"reply": failure.reply}
    else:
        known = _BY_REASON.get(failure.reason)
        words = str(known or _("The connection failed: %(reason)s") % {"reason": failure.reason})
    return ConnectionReport(ok=False, words=words, technical=str(failure))


def report_of_success(found: ProbeResult) -> ConnectionReport:
    encryption = found.tls_version or _("no encryption")
    offered = [name for name in ("8BITMIME", "PIPELINING") if name in found.extensions]
    missing = [name for name in ("8BITMIME", "PIPELINING") if name not in found.extensions]
    words = [
        _("Connected, and the server takes e-mails for the mailbox."),
        _("Encryption: %(version)s.") % {"version": encryption},
    ]
    if offered:
        words.append(_("Offered: %(names)s.") % {"names": ", ".join(offered)})
    if missing:
        words.append(_("Not offered: %(names)s.") % {"names": ", ".join(missing)})
    technical = f"ok: {found.tls_version or 'no TLS'}; {' '.join(offered)}"
    return ConnectionReport(ok=True, words=" ".join(words), technical=technical)
