"""All that is on its way to leave: lists, the calendar, and the form's section on time."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.keyset import keyset_page
from portal.messaging.plans.calendar import Month, month_asked
from portal.messaging.plans.forms import ScheduleForm
from portal.messaging.plans.rows import rows_of
from portal.messaging.plans.selectors import (
    MOST_QUEUED,
    Tab,
    mailings_under,
    order_of,
    queued_for_later,
)

MAILINGS_PER_PAGE = 30
_TITLES = {
    Tab.PLANNED: _("Planned"),
    Tab.DRAFTS: _("Drafts"),
    Tab.APPROVAL: _("Waiting for approval"),
    Tab.HELD: _("Held"),
    Tab.ALL: _("All mailings"),
}


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def mailings(request: MemberRequest) -> HttpResponse:
    """Under one tab; the first has messages that wait for their time too."""
    tab = _tab(request.GET.get("tab", ""))
    page = keyset_page(
        mailings_under(tab, request.member).select_related("author"),
        cursor=request.GET.get("cursor"),
        fields=order_of(tab),
        size=MAILINGS_PER_PAGE,
    )
    shows_queued = tab is Tab.PLANNED and page.is_first
    queued = queued_for_later(request.member, now=timezone.now()) if shows_queued else ()
    context = {
        "tab": tab,
        "titles": _TITLES.items(),
        "page": page,
        "rows": rows_of(page.items, request.member),
        "queued": queued[:MOST_QUEUED],
        "shows_author": request.member.may(Right.SEE_ALL_MESSAGES),
        "may_send": request.member.may(Right.SEND),
        "sets_approval_rules": request.member.may(Right.EDIT_APPROVAL_RULES),
    }
    return render(request, "messaging/plans/mailings.html", context)


def _tab(asked: str) -> Tab:
    with suppress(ValueError):
        return Tab(asked)
    return Tab.PLANNED


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def calendar(request: MemberRequest) -> HttpResponse:
    now, zone = timezone.now(), request.organisation.zone
    first = month_asked(request.GET.get("month", ""), today=now.astimezone(zone).date())
    context = {
        "titles": _TITLES.items(),
        "month": Month(first, request.member, zone, now),
        "weekdays": list(zip(WEEKDAYS_ABBR.values(), WEEKDAYS.values(), strict=True)),
        "may_send": request.member.may(Right.SEND),
    }
    return render(request, "messaging/plans/calendar.html", context)


@requires(Right.SEND)
@require_POST
def when(request: MemberRequest) -> HttpResponse:
    """What the section on time comes to as it is filled in."""
    form = ScheduleForm(request.POST, organisation=request.organisation)
    return render(request, "messaging/plans/_when_preview.html", {"when": form})
