"""What attempts record, in words for administrators."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sms.retry import Phase, Verdict

PHASES: Mapping[str, str | Promise] = {
    Phase.CONNECT: _("connecting"),
    Phase.GREETING: _("the server's greeting"),
    Phase.EHLO: "EHLO",
    Phase.STARTTLS: "STARTTLS",
    Phase.AUTH: _("SMTP login"),
    Phase.MAIL: _("From address (MAIL FROM)"),
    Phase.RCPT: _("operator's mailbox (RCPT TO)"),
    Phase.DATA: _("asking to send the e-mail (DATA)"),
    Phase.BODY: _("sending the e-mail"),
    Phase.DOT: _("the e-mail's end"),
}
VERDICTS: Mapping[str, str | Promise] = {
    Verdict.ACCEPTED: pgettext_lazy("attempt", "accepted"),
    Verdict.REJECTED: pgettext_lazy("attempt", "rejected"),
    Verdict.UNCERTAIN: pgettext_lazy("attempt", "uncertain"),
    Verdict.RETRY: _("try again later"),
    Verdict.PAUSE_ACCOUNT: _("gateway account paused"),
}


def phase_words(phase: str) -> str | Promise:
    return PHASES.get(phase, phase)


def verdict_words(verdict: str) -> str | Promise:
    return VERDICTS.get(verdict, verdict)
