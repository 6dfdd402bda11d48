"""The rules that want approval, in words."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.core.money import money
from portal.messaging.approvals.reasons import Reason, Rule


def explain_reason(reason: Reason, *, currency: str) -> str:
    """One rule as a sentence without its full stop, for a list; ``currency`` is the code of the
    organisation's."""
    if reason.rule is Rule.MANY_RECIPIENTS:
        count = int(reason.bound)
        if not count:
            return _("everything that is sent needs approval here")
        words = ngettext(
            "it goes to more than %(count)s recipient",
            "it goes to more than %(count)s recipients",
            count,
        )
        return words % {"count": number_format(count, force_grouping=True)}
    if reason.rule is Rule.COSTLY:
        return _("it costs more than %(amount)s") % {
            "amount": money(Decimal(reason.bound), currency)
        }
    if reason.rule is Rule.OUTSIDE_HOURS:
        begin, _dash, end = reason.bound.partition("-")
        return _("it leaves between %(begin)s and %(end)s") % {"begin": begin, "end": end}
    if reason.rule is Rule.FRESH_IMPORT:
        days = int(reason.bound)
        words = ngettext(
            "it goes to people from a file that came within the last %(days)s day",
            "it goes to people from a file that came within the last %(days)s days",
            days,
        )
        return words % {"days": days}
    return _("nothing was sent under this sender name yet")


def explain_reasons(reasons: Iterable[Reason], *, currency: str) -> str:
    """All of them, one after the other."""
    return "; ".join(explain_reason(reason, currency=currency) for reason in reasons)
