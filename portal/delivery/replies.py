"""What an SMTP server said, in words for people who never heard of SMTP."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sms.retry import Phase

Words = str | Promise

_INTERRUPTED = gettext_lazy("Sending was interrupted before the e-mail was handed over.")
_NO_REPLY: Mapping[str, Words] = {
    "timed out": gettext_lazy("The operator's server did not answer in time."),
    "host name unknown": gettext_lazy("The operator's server was not found by its name."),
    "connection refused": gettext_lazy("The operator's server does not take connections now."),
    "connection closed": gettext_lazy("The operator's server closed the connection."),
    "TLS handshake failed": gettext_lazy("No secure connection to the operator's server came up."),
    "certificate not trusted": gettext_lazy("The certificate of the server is not trusted."),
    "certificate is for another host": gettext_lazy("The server's certificate is another one's."),
    "STARTTLS not offered": gettext_lazy("The operator's server offers no secure connection."),
    "AUTH not offered": gettext_lazy("The operator's server does not take a login."),
    "no dot written": _INTERRUPTED,
    "too late for the dot": _INTERRUPTED,
    "internal error of the portal": gettext_lazy(
        "The portal could not prepare the e-mail. Its administrator should look into the log."
    ),
}
_TEMPORARY: Mapping[int, Words] = {
    421: gettext_lazy("The operator's server is closing for a while and asked to come later."),
    450: gettext_lazy("The operator's mailbox is busy; the server asked to come later."),
    452: gettext_lazy("The operator's server is out of room and asked to come later."),
    454: gettext_lazy("The operator's server could not check the login and asked to come later."),
}
_BUSY = gettext_lazy("The operator's server is busy and asked to come later.")
_PERMANENT: Mapping[int, Words] = {
    552: gettext_lazy("The operator found the e-mail too large."),
    554: gettext_lazy("The operator refused the e-mail for good."),
}
_REFUSED = gettext_lazy("The operator refused the e-mail.")
_ACCOUNT_REFUSED: Mapping[Phase, Words] = {
    Phase.AUTH: gettext_lazy("The operator's server did not accept the account's login."),
    Phase.MAIL: gettext_lazy("The operator's server refused the sender's e-mail address."),
    Phase.RCPT: gettext_lazy("The operator's server refused the operator's own mailbox address."),
    Phase.STARTTLS: gettext_lazy("The operator's server refused a secure connection."),
}
_FAILURE = re.compile(r"(?P<phase>[a-z]+): (?:(?P<code>[2-5][0-9]{2}) )?(?P<reply>.*)", re.DOTALL)


def reply_words(phase: str, code: int | None, reply: str) -> str:
    """A plain sentence for the last reply of a try; empty where there was no try."""
    if not phase:
        return ""
    if code is None:
        return _no_reply_words(phase, reply)
    if code < 400:
        return _("The operator's server took the e-mail.")
    if code < 500:
        return str(_TEMPORARY.get(code, _BUSY))
    if phase == Phase.DOT:
        return str(_PERMANENT.get(code, _REFUSED))
    refused = gettext_lazy("The operator's server refused the account.")
    return str(_ACCOUNT_REFUSED.get(Phase(phase), refused))


def _no_reply_words(phase: str, reply: str) -> str:
    if phase == Phase.DOT:
        return _("The connection broke after the e-mail was handed over, before the answer.")
    if reply.startswith("letter:"):
        return _letter_words()
    return str(_NO_REPLY.get(reply, _("The connection to the operator's server failed.")))


def _letter_words() -> str:
    return _("The account's operator login or password cannot be written into an e-mail.")


def failure_words(failure: str) -> str:
    """A plain sentence for ``phase: code reply`` as an account keeps it; empty for what is no such
    thing."""
    match = _FAILURE.fullmatch(failure)
    if match is None:
        return ""
    if match["phase"] == "letter":
        return _letter_words()
    if match["phase"] not in set(Phase):
        return ""
    code = int(match["code"]) if match["code"] else None
    return reply_words(match["phase"], code, match["reply"])
