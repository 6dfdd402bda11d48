"""The compose form: whom to, under which name, what."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.delivery.models import Message
from portal.messaging import picker
from portal.messaging.audience import ListedAudience, check_audience
from portal.messaging.composing.drafts import version_of
from portal.messaging.composing.fields import (
    MOST_PICKED,
    DefaultsField,
    IdField,
    IdsField,
    LongTextField,
)
from portal.messaging.composing.sheets import sheet_glanced
from portal.messaging.composing.values import Values
from portal.messaging.composing.wording import Wording
from portal.messaging.gathering import audience_completed, audience_glanced
from portal.messaging.mailings.content import Content
from portal.messaging.models import Mailing, Sheet
from portal.messaging.picked import Picked
from portal.messaging.plans.forms import ScheduleForm
from portal.messaging.plans.schedule import Schedule
from portal.messaging.plans.typed import NOW
from portal.messaging.services import Order, sender_name_for
from portal.senders.models import SenderName

MOST_NUMBERS_CHARACTERS = 200_000
MOST_TEXT_CHARACTERS = 5_000
SHOWN_OF_QUERY = 40
MOST_CANARY, MOST_CANARY_MINUTES = 1_000_000, 7 * 24 * 60

FORM_KEY = re.compile(r"[0-9a-f]{32}")


def new_form_key() -> str:
    """Names one filled-in form; whatever is submitted under it is one message."""
    return uuid.uuid4().hex


# What services call the fields of the section on time.
TIMES = {"due_at", "expires_at", "window_from", "window_until", "repeats"}
# Whose errors stand beside them.
MARKED = {"sender", "q", "numbers", "text", "canary_size", "canary_minutes"}


class ComposeForm(forms.Form):
    """Valid where nothing but the gateway, the balance, the form key and, of a long audience, the
    stop list can refuse the message.

    Ids that the member does not see add nobody.
    """

    sender = forms.ChoiceField(
        label=_("Sender name"),
        required=False,
        error_messages={"invalid_choice": _("Choose one of the approved sender names.")},
    )
    numbers = LongTextField(
        label=_("Phone numbers"),
        most=MOST_NUMBERS_CHARACTERS,
        too_long=_("Too many numbers to paste at once: at most %(limit_value)s characters."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("In any spelling, one a line or with commas between."),
    )
    q = forms.CharField(required=False)
    contacts = IdsField(required=False)
    groups = IdsField(required=False)
    text = LongTextField(
        label=_("Text"),
        most=MOST_TEXT_CHARACTERS,
        too_long=_("The text has %(show_value)s characters; at most %(limit_value)s fit."),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
    )
    sheet = IdField(required=False)
    defaults = DefaultsField(required=False)
    skip_missing = forms.BooleanField(
        label=_("Leave out whoever still lacks a value"), required=False
    )
    canary_size = forms.IntegerField(
        label=_("To how many first"),
        required=False,
        min_value=1,
        max_value=MOST_CANARY,
        error_messages={"invalid": _("Write a whole number.")},
    )
    canary_minutes = forms.IntegerField(
        label=_("Minutes until the others get it"),
        required=False,
        min_value=1,
        max_value=MOST_CANARY_MINUTES,
        error_messages={"invalid": _("Write a whole number.")},
    )
    # The open page, and the state of the draft that it knows.
    pen = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    form_key = forms.RegexField(
        rf"\A{FORM_KEY.pattern}\Z",
        widget=forms.HiddenInput,
        error_messages={
            "required": _("This form is damaged. Open a new one."),
            "invalid": _("This form is damaged. Open a new one."),
        },
    )

    def __init__(
        self, *args: Any, member: User, schedule: Schedule | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self._schedule = schedule or Schedule()
        self._typed: Mapping[str, Any] | None = None
        self.senders = list(SenderName.objects.usable_by(member).values_list("value", flat=True))
        sender_field = self.fields["sender"]
        assert isinstance(sender_field, forms.ChoiceField)
        sender_field.choices = [(value, value) for value in self.senders]
        if len(self.senders) > 1:
            sender_field.choices = [("", _("Choose…")), *sender_field.choices]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    @classmethod
    def as_typed(cls, data: QueryDict, *, member: User, **changes: Any) -> "ComposeForm":
        """As it was typed, and nothing said about it; ``changes``: values that are other ones."""
        form = cls(initial=typed_values(data) | changes, member=member)
        form._typed = data
        return form

    @cached_property
    def when(self) -> ScheduleForm:
        """The section on when it leaves."""
        organisation = self.member.organisation
        assert organisation is not None, "who may send is a member"
        if self.is_bound and f"{ScheduleForm.prefix}-mode" in self.data:
            return ScheduleForm(self.data, organisation=organisation)
        if self._typed is not None:
            return ScheduleForm.as_typed(self._typed, organisation=organisation)
        return ScheduleForm.of(self._schedule, organisation=organisation)

    @property
    def is_for_now(self) -> bool:
        """Whether nothing is said of when it leaves, rightly or not."""
        typed_mode = str(self.when["mode"].value() or NOW)
        return typed_mode == NOW and not self.when["window_from"].value()

    def is_valid(self) -> bool:
        return super().is_valid() and self.when.checked.is_valid()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name, check in self._checks(cleaned).items():
            if name not in self.errors:
                self._refuse_at_field(check)
        return cleaned

    def _checks(self, cleaned: dict[str, Any]) -> dict[str, Callable[[], object]]:
        return {
            "q": lambda: self._check_search(cleaned["q"]),
            "sender": lambda: sender_name_for(self.member, cleaned["sender"]),
            "numbers": self._check_audience,
            "text": self.wording.check,
            "canary_size": lambda: self._check_canary("canary_size", "canary_minutes"),
            "canary_minutes": lambda: self._check_canary("canary_minutes", "canary_size"),
        }

    def _check_canary(self, field: str, other: str) -> None:
        if self.cleaned_data.get(other) and not self.cleaned_data.get(field):
            raise Refused(_("Write a number here too, or clear the other."), field=field)

    def _check_audience(self) -> None:
        """Where the first of many are stopped, others may not be."""
        if self.chosen_sheet:
            return
        if self.audience.reach.is_exact or self.audience.reach.refused:
            check_audience(self.audience)

    def _check_search(self, query: str) -> None:
        """A search that led to nobody is a recipient forgotten, not something to pass over."""
        if (
            query
            and not self.chosen_sheet
            and not picker.is_picked(self.member, query, self.picked)
        ):
            raise Refused(
                _("Nobody was picked for “%(query)s”. Pick from the list or clear the field.")
                % {"query": query[:SHOWN_OF_QUERY]},
                field="q",
            )

    @cached_property
    def picked(self) -> Picked:
        """Whom the values in the form name, whether or not the form is valid."""
        typed = str(self["numbers"].value() or "")
        return Picked(
            typed=typed if len(typed) <= MOST_NUMBERS_CHARACTERS else "",
            contact_ids=self._ids("contacts"),
            group_ids=self._ids("groups"),
        )

    def _ids(self, field: str) -> tuple[int, ...]:
        """At most as many as the field takes."""
        return tuple(IdsField(required=False).to_python(self[field].value())[:MOST_PICKED])

    @cached_property
    def audience(self) -> ListedAudience:
        """These people, or the first of many."""
        if self.chosen_sheet:
            return sheet_glanced(self.chosen_sheet)
        return audience_glanced(self.member, self.picked)

    @cached_property
    def wording(self) -> Wording:
        return Wording(
            member=self.member,
            typed=str(self["text"].value() or ""),
            values=Values(self.member, self.chosen_sheet),
            defaults=self["defaults"].value() or {},
        )

    @cached_property
    def chosen_sheet(self) -> Sheet | None:
        """The spreadsheet whose rows get it instead of who was picked."""
        sheet_id = self.fields["sheet"].clean(self["sheet"].value())
        return sheet_id and Sheet.objects.visible_to(self.member).filter(pk=sheet_id).first()

    @contextmanager
    def order(self) -> Iterator[Order]:
        """What the values in the form ask for, whether or not the form is valid; its audience is
        whole, and stays as it is until the end."""
        with audience_completed(self.member, self.picked, self.audience) as audience:
            yield Order(
                author=self.member,
                sender_value=str(self["sender"].value() or ""),
                text=self.wording.for_everybody,
                audience=audience,
                form_key=str(self["form_key"].value() or ""),
            )

    @property
    def content(self) -> Content:
        """What the values in the form hold, whether or not the form is valid."""
        return Content(
            sender_value=self.usable_sender,
            text=_storable(self["text"].value()),
            picked=replace(self.picked, typed=_storable(self["numbers"].value())),
            sheet_id=self.chosen_sheet.pk if self.chosen_sheet else None,
            defaults=self["defaults"].value() or {},
            skip_missing=bool(self["skip_missing"].value()),
            canary_size=self._number("canary_size"),
            canary_minutes=self._number("canary_minutes"),
            **self.when.checked.schedule.fields(),
        )

    def _number(self, field: str) -> int | None:
        """The number in a field, None for none or one that the field refuses."""
        with suppress(forms.ValidationError):
            number: int | None = self.fields[field].clean(self[field].value())
            return number
        return None

    @property
    def is_at_once(self) -> bool:
        """Whether everybody gets one text, and now: no mailing need be made of it."""
        content = self.content
        bare = Content(content.sender_value, content.text, content.picked)
        return content == bare and self.wording.is_plain

    @property
    def was_sent(self) -> bool:
        """Whether there is a message of this form's already, whatever the form says now."""
        sent = Message.objects.filter(
            organisation=self.member.organisation_id, form_key=self.cleaned_data.get("form_key")
        )
        return "form_key" not in self.errors and sent.exists()

    @property
    def key(self) -> str:
        """The form's key, "" where it is none."""
        written = str(self["form_key"].value() or "")
        return written if FORM_KEY.fullmatch(written) else ""

    @property
    def pen_value(self) -> str:
        """The open page's name, "" for none that it could have."""
        written = str(self["pen"].value() or "")
        return written if FORM_KEY.fullmatch(written) else ""

    @property
    def has_unmarked_errors(self) -> bool:
        """Whether something is wrong that no visible field is marked for."""
        return bool(self.errors.keys() - MARKED)

    @property
    def usable_sender(self) -> str:
        """The chosen sender name, or nothing where the member may not use it."""
        value = str(self["sender"].value() or "")
        return value if value in self.senders else ""

    def _refuse_at_field(self, check: Callable[[], object]) -> None:
        try:
            check()
        except Refused as refused:
            self.refuse(refused)

    def refuse(self, refused: Refused) -> None:
        """Put a service's refusal beside its field, a line an error."""
        if self.when.is_bound and refused.field in TIMES:
            self.when.refuse(refused)
            return
        known = refused.field if refused.field in self.fields else None
        self.add_error(known, str(refused.message).split("\n"))


def _storable(typed: object) -> str:
    """As a draft can keep it; whether it can be sent is another matter."""
    return str(typed or "").replace("\0", "")


def values_of(draft: Mailing) -> dict[str, Any]:
    """A draft as the form's values, on a page of its own."""
    content = Content.of(draft)
    return {
        "sender": content.sender_value,
        "numbers": content.picked.typed,
        "contacts": list(content.picked.contact_ids),
        "groups": list(content.picked.group_ids),
        "text": content.text,
        "sheet": content.sheet_id,
        "defaults": dict(content.defaults),
        "skip_missing": content.skip_missing,
        "canary_size": content.canary_size,
        "canary_minutes": content.canary_minutes,
        "form_key": draft.form_key,
        "pen": new_form_key(),
        "seen": version_of(draft),
    }


def typed_values(data: QueryDict) -> dict[str, Any]:
    """The form's values as they were typed."""
    form = ComposeForm.base_fields
    return {
        name: field.widget.value_from_datadict(data, {}, name) for name, field in form.items()
    } | {"text": data.get("text", "").replace("\r\n", "\n")}


def last_used_sender(member: User) -> str:
    """The only usable sender name, or the one of the member's last message, or none."""
    usable = list(SenderName.objects.usable_by(member).values_list("value", flat=True)[:2])
    if len(usable) == 1:
        return usable[0]
    last = Message.objects.filter(author=member).order_by("-pk").values_list("sender_value")
    return last[0][0] if last else ""
