"""What became of a mailing: its waves together, and what is decided about all of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.core.errors import Conflict, Refused
from portal.core.parts import render_part_or_page
from portal.delivery import decisions
from portal.delivery.canaries import canary_release
from portal.delivery.models import UNDER_WAY, Envelope, Message, OutboxEntry, State
from portal.delivery.selectors import Standing, is_settled, standings_of
from portal.history.presenters import Badge, Figure, figures, message_badge, progress_words
from portal.messaging.models import Mailing, Wave

# Over how long the rate is measured.
RATE_WINDOW = timedelta(seconds=30)
SECONDS_TO_NEXT_LOOK = 2
# Of each wave: more than a portal sends in the window.
MOST_COUNTED = 100_000


@dataclass(frozen=True)
class WaveRow:
    """A wave with how far its message is."""

    wave: Wave
    standing: Standing

    @property
    def badge(self) -> Badge:
        return message_badge(self.standing)

    @property
    def awaits_canary(self) -> bool:
        """Whether it waits until the first part is accepted, or for a word since that was not."""
        entry = self.standing.entry
        return entry is not None and entry.is_held_for_canary and self.may_cancel

    @property
    def may_pause(self) -> bool:
        entry = self.standing.entry
        return State.QUEUED in self.standing.counts and not (entry and entry.paused_at)

    @property
    def may_cancel(self) -> bool:
        entry = self.standing.entry
        waits = set(self.standing.counts) & {State.QUEUED, State.HELD}
        return bool(waits) and not (entry and entry.cancelled_by_id)


@dataclass(frozen=True)
class WavesPage:
    """The waves of a mailing that the member sees. Reads the database as its parts are asked
    for, each once."""

    mailing: Mailing
    member: User

    @cached_property
    def rows(self) -> Sequence[WaveRow]:
        waves = list(waves_seen(self.mailing, self.member))
        standings = standings_of([wave.message for wave in waves])
        return [WaveRow(wave, standings[wave.message_id]) for wave in waves]

    @cached_property
    def counts(self) -> Counter[str]:
        """Recipients of all waves by state."""
        whole: Counter[str] = Counter()
        for row in self.rows:
            whole.update(row.standing.counts)
        return whole

    @property
    def figures(self) -> list[Figure]:
        return figures(self.counts)

    @property
    def progress_words(self) -> str:
        return progress_words(self.counts)

    @property
    def may_change(self) -> bool:
        return not is_settled(self.counts) or State.HELD in self.counts

    @property
    def seconds_to_next_look(self) -> int:
        return SECONDS_TO_NEXT_LOOK if self.may_change else 0

    @cached_property
    def per_second(self) -> float:
        """Recipients answered for, over the last half minute."""
        since = timezone.now() - RATE_WINDOW
        entries = [row.standing.entry for row in self.rows if row.standing.entry]
        lately = Envelope.objects.filter(answered_at__gte=since)
        people = sum(_people(_claimed_last(lately, entry)) for entry in entries)
        return people / RATE_WINDOW.total_seconds()

    @property
    def minutes_left(self) -> int | None:
        """Until what may leave now has left, at the present rate; None where nothing moves."""
        waiting = sum(self.counts.get(state, 0) for state in UNDER_WAY)
        if not waiting or not self.per_second:
            return None
        return max(1, round(waiting / self.per_second / 60))

    @property
    def may_act(self) -> bool:
        return self.member.may(Right.SEND)

    @property
    def may_pause(self) -> bool:
        return self.may_act and any(row.may_pause for row in self.rows)

    @property
    def may_resume(self) -> bool:
        return self.may_act and any(row.standing.is_paused for row in self.rows)

    @property
    def may_cancel(self) -> bool:
        return self.may_act and any(row.may_cancel for row in self.rows)

    @property
    def may_let_go(self) -> bool:
        """Whether the rest waits for the canary, or for a person's word about it."""
        return self.may_act and any(row.awaits_canary for row in self.rows)


def _claimed_last(envelopes: QuerySet[Envelope], entry: OutboxEntry) -> QuerySet[Envelope]:
    """Along the numbers: no index has when a million of them were answered."""
    first = entry.next_number - MOST_COUNTED
    return envelopes.filter(
        message=entry.message_id, number__gte=first, number__lt=entry.next_number
    )


def _people(envelopes: QuerySet[Envelope]) -> int:
    return int(envelopes.aggregate(people=Sum("recipients_count"))["people"] or 0)


def waves_seen(mailing: Mailing, member: User) -> QuerySet[Wave]:
    seen = Message.objects.visible_to(member)
    waves = Wave.objects.filter(mailing=mailing, message__in=seen)
    return waves.select_related("message").order_by("number")


def _seen_mailing(request: MemberRequest, pk: int) -> Mailing:
    return get_object_or_404(Mailing.objects.visible_to(request.member), pk=pk)


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def of_mailing(request: MemberRequest, pk: int) -> HttpResponse:
    """The progress of all its waves; htmx gets the part alone."""
    mailing = _seen_mailing(request, pk)
    return render_part_or_page(
        request,
        part="history/_of_mailing.html",
        page="history/of_mailing.html",
        context={"mailing": mailing, "page": WavesPage(mailing, request.member)},
    )


@requires(Right.SEND)
@require_POST
def pause(request: MemberRequest, pk: int) -> HttpResponse:
    return _decided(
        request,
        pk,
        lambda row: row.may_pause,
        lambda message: decisions.message_pause(message=message, actor=request.member),
        _("Paused. What has not left waits until you resume it."),
    )


@requires(Right.SEND)
@require_POST
def resume(request: MemberRequest, pk: int) -> HttpResponse:
    return _decided(
        request,
        pk,
        lambda row: row.standing.is_paused,
        lambda message: decisions.message_resume(message=message, actor=request.member),
        _("The mailing goes on."),
    )


@requires(Right.SEND)
@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Of all waves, or of those that wait for the canary where ``rest`` is posted."""
    only_rest = "rest" in request.POST
    return _decided(
        request,
        pk,
        lambda row: row.may_cancel and (row.awaits_canary or not only_rest),
        lambda message: decisions.message_cancel(message=message, actor=request.member),
        _("Cancelled. What has not left will not be sent."),
    )


@requires(Right.SEND)
@require_POST
def let_go(request: MemberRequest, pk: int) -> HttpResponse:
    """The rest leaves now, whatever became of the canary."""
    return _decided(
        request,
        pk,
        lambda row: row.awaits_canary,
        lambda message: canary_release(message=message, actor=request.member),
        _("The rest is on its way."),
    )


def _decided(
    request: MemberRequest,
    pk: int,
    concerns: Callable[[WaveRow], bool],
    decide: Callable[[Message], object],
    done: str,
) -> HttpResponse:
    """Back to the mailing with what was done, or why nothing was. What a wave has overtaken since
    the page was made stops none of the others."""
    page = WavesPage(_seen_mailing(request, pk), request.member)
    count, conflict = 0, _("There is nothing left to decide about.")
    for row in page.rows:
        if not concerns(row):
            continue
        try:
            decide(row.wave.message)
            count += 1
        except Conflict as overtaken:
            conflict = str(overtaken.message)
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect("messaging:mailing", pk)
    if count:
        messages.success(request, done)
    else:
        messages.warning(request, conflict)
    return redirect("messaging:mailing", pk)
