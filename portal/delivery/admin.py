"""What administrators see of the outbox; they look and change nothing."""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from portal.core.admin_pages import ReadOnlyAdmin
from portal.core.money import money
from portal.delivery import gateway_admin  # noqa: F401  # registers the gateway accounts' page
from portal.delivery.attempt_words import PHASES, VERDICTS, phase_words, verdict_words
from portal.delivery.models import Attempt, Envelope, Message, OutboxEntry, Recipient, Skip, State
from portal.delivery.selectors import (
    OVERALL_LABELS,
    PAUSED,
    envelopes_in_state,
    message_standing,
    messages_in_state,
    outbox_entries,
    shown_state,
    standings_of,
)

MOST_SHOWN = 100
_MESSAGE_ID = re.compile(r"<?(?P<reference>[0-9a-f]{32})\.(?P<number>[0-9]{1,9})(?:@[^>]*>?)?")


class RecipientState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return [*State.choices, (PAUSED, OVERALL_LABELS[PAUSED])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        return messages_in_state(queryset, chosen) if chosen in {*State.values, PAUSED} else None


class MessageList(ChangeList):
    """Fetches the states of all of a page's messages at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        standings = standings_of(self.result_list)
        for message in self.result_list:
            message.standing = standings[message.pk]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin[Message]):
    list_display = (
        "id",
        "created_at",
        "organisation",
        "author",
        "sender",
        "recipients_count",
        "overall",
    )
    list_filter = (RecipientState, "organisation", "created_at")
    list_select_related = ("organisation", "author")
    search_fields = ("=id", "author__email")
    search_help_text = _("Message's id, or author's e-mail")
    ordering = ("-id",)
    fields = (
        "organisation",
        "author",
        "vouched_by",
        "created_at",
        "sender",
        "text",
        "encoding",
        "segments",
        "recipients_count",
        "price",
        "due_at",
        "expires_at",
        "states",
        "held",
        "paused",
        "recipients_shown",
        "skipped_shown",
        "envelopes_link",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MessageList

    @admin.display(description=_("cost"))
    def price(self, message: Message) -> str:
        return money(message.cost, message.organisation.currency)

    @admin.display(description=_("sender name"))
    def sender(self, message: Message) -> str:
        return message.sender_value

    @admin.display(description=_("state"))
    def overall(self, message: Any) -> Any:
        return OVERALL_LABELS[message.standing.overall]

    @admin.display(description=_("state"))
    def states(self, message: Message) -> str:
        return _listed(message_standing(message.pk).counts)

    @admin.display(description=_("held because"))
    def held(self, message: Message) -> str:
        entry = _entry_of(message)
        return entry.get_held_because_display() if entry and entry.is_held else "-"

    @admin.display(description=_("paused"))
    def paused(self, message: Message) -> str:
        entry = _entry_of(message)
        if entry is None or not entry.is_paused:
            return "-"
        return f"{display_for_value(entry.paused_at, '-')} {entry.paused_by}"

    @admin.display(description=_("recipients"))
    def recipients_shown(self, message: Message) -> str:
        return _phones(message.recipients.all(), message.recipients_count - message.skips.count())

    @admin.display(description=_("skipped recipients"))
    def skipped_shown(self, message: Message) -> str:
        return _phones(message.skips.all(), message.skips.count()) or "-"

    @admin.display(description=_("envelopes"))
    def envelopes_link(self, message: Message) -> str:
        url = reverse("admin:delivery_envelope_changelist")
        return format_html('<a href="{}?message__id__exact={}">{}</a>', url, message.pk, _("Show"))


class EnvelopeList(ChangeList):
    """Fetches all that says whether a page's envelopes are held at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        entries = outbox_entries([envelope.message_id for envelope in self.result_list])
        for envelope in self.result_list:
            envelope.entry = entries.get(envelope.message_id)


class EnvelopeState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        return envelopes_in_state(queryset, chosen) if chosen in State.values else None


@admin.register(Envelope)
class EnvelopeAdmin(ReadOnlyAdmin[Envelope]):
    list_display = (
        "__str__",
        "shown_state",
        "recipients_count",
        "retry_at",
        "tries",
        "last_reply",
    )
    list_filter = (EnvelopeState, "account")
    list_select_related = ("message__organisation",)
    search_fields = ("=id", "=message__id")
    search_help_text = _("Envelope's id, message's id, or Message-ID")
    ordering = ("-id",)
    fields = (
        "account",
        "message",
        "number",
        "message_id_header",
        "shown_state",
        "recipients_count",
        "recipients_shown",
        "price",
        "set_aside",
        "retry_at",
        "tries",
        "transmitting_at",
        "answered_at",
        "last_phase_reached",
        "last_code",
        "last_reply",
        "replaces",
        "settled_by",
        "attempts_link",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EnvelopeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        header = _MESSAGE_ID.fullmatch(search_term.strip())
        if header is None:
            return super().get_search_results(request, queryset, search_term)
        found = queryset.filter(message__reference=header["reference"], number=header["number"])
        return found, False

    @admin.display(description=_("state"))
    def shown_state(self, envelope: Any) -> Any:
        entry = envelope.entry if hasattr(envelope, "entry") else _entry_of(envelope.message)
        return OVERALL_LABELS[shown_state(envelope.state, entry)]

    @admin.display(description="Message-ID")
    def message_id_header(self, envelope: Envelope) -> str:
        return envelope.message_id_header

    @admin.display(description=_("cost"))
    def price(self, envelope: Envelope) -> str:
        return money(envelope.cost, envelope.message.organisation.currency)

    @admin.display(description=_("reserved"))
    def set_aside(self, envelope: Envelope) -> str:
        return money(envelope.reserved, envelope.message.organisation.currency)

    @admin.display(description=_("phase reached"))
    def last_phase_reached(self, envelope: Envelope) -> Any:
        return phase_words(envelope.last_phase)

    @admin.display(description=_("recipients"))
    def recipients_shown(self, envelope: Envelope) -> str:
        return _phones(envelope.recipients.all(), envelope.recipients_count)

    @admin.display(description=_("other attempts"))
    def attempts_link(self, envelope: Envelope) -> str:
        """An accepted try is told by the envelope itself."""
        others = envelope.tries - (envelope.state == State.ACCEPTED and not envelope.settled_by_id)
        if not others:
            return str(_("None: it was taken at the first try.") if envelope.tries else "-")
        url = reverse("admin:delivery_attempt_changelist")
        return format_html(
            '<a href="{}?envelope__id__exact={}">{}</a>', url, envelope.pk, _("Show")
        )


class OutcomeFilter(admin.SimpleListFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(VERDICTS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        return queryset.filter(outcome=chosen) if chosen in VERDICTS else None


class PhaseFilter(admin.SimpleListFilter):
    title = _("phase reached")
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        return list(PHASES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        return queryset.filter(phase=chosen) if chosen in PHASES else None


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin[Attempt]):
    list_display = ("id", "envelope", "started_at", "phase_reached", "outcome_said", "reply_said")
    list_filter = (OutcomeFilter, PhaseFilter, "envelope__account", "started_at")
    fields = (
        "envelope",
        "started_at",
        "ended_at",
        "phase_reached",
        "outcome_said",
        "code",
        "reply",
    )
    list_select_related = ("envelope",)
    search_fields = ("=envelope__id",)
    search_help_text = _("Envelope's id")
    ordering = ("-id",)

    @admin.display(description=_("phase reached"), ordering="phase")
    def phase_reached(self, attempt: Attempt) -> Any:
        return phase_words(attempt.phase)

    @admin.display(description=_("outcome"), ordering="outcome")
    def outcome_said(self, attempt: Attempt) -> Any:
        return verdict_words(attempt.outcome)

    @admin.display(description=_("reply"))
    def reply_said(self, attempt: Attempt) -> str:
        return f"{attempt.code or ''} {attempt.reply}".strip()


def _entry_of(message: Message) -> OutboxEntry | None:
    return outbox_entries([message.pk]).get(message.pk)


def _phones(recipients: QuerySet[Recipient] | QuerySet[Skip], count: int) -> str:
    shown = [recipient.phone_display for recipient in recipients.order_by("id")[:MOST_SHOWN]]
    rest = str(_("and %(count)s more") % {"count": count - len(shown)})
    return ", ".join([*shown, rest] if count > len(shown) else shown)


def _listed(counts: Mapping[str, int]) -> str:
    rows = ((OVERALL_LABELS[state], count) for state, count in counts.items())
    return format_html_join(", ", "{}: {}", rows)
