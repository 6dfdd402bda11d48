"""The compose form: whom to, under which name, what."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.delivery.models import Message
from portal.messaging import picker
from portal.messaging.audience import ListedAudience, check_audience
from portal.messaging.gathering import audience_completed, audience_glanced
from portal.messaging.picked import Picked
from portal.messaging.services import Order, check_text, sender_name_for
from portal.senders.models import SenderName

MOST_NUMBERS_CHARACTERS = 200_000
MOST_TEXT_CHARACTERS = 5_000
MOST_PICKED = 300
SHOWN_OF_QUERY = 40

FORM_KEY = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"[0-9]{1,18}")


def new_form_key() -> str:
    """Names one filled-in form; whatever is submitted under it is one message."""
    return uuid.uuid4().hex


class IdsField(forms.Field):
    """Ids as a list of integers; what is no id is left out, as an unknown id would be."""

    widget = hidden_widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        ids = [int(raw) for raw in value or () if _ID.fullmatch(str(raw))]
        return list(dict.fromkeys(ids))

    def validate(self, value: list[int]) -> None:
        if len(value) > MOST_PICKED:
            raise forms.ValidationError(
                _("Choose at most %(most)s one by one; put the others into a group.")
                % {"most": MOST_PICKED}
            )


class LongTextField(forms.CharField):
    """Text of many lines with its breaks made ``\\n``, so that each counts once.

    The browser is given no limit: it would cut a pasted text off without a word.
    """

    def __init__(self, *, most: int, too_long: Any, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)
        self.validators.append(MaxLengthValidator(most, too_long))

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


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
    form_key = forms.RegexField(
        rf"\A{FORM_KEY.pattern}\Z",
        widget=forms.HiddenInput,
        error_messages={
            "required": _("This form is damaged. Open a new one."),
            "invalid": _("This form is damaged. Open a new one."),
        },
    )

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.senders = list(SenderName.objects.usable_by(member).values_list("value", flat=True))
        sender_field = self.fields["sender"]
        assert isinstance(sender_field, forms.ChoiceField)
        sender_field.choices = [(value, value) for value in self.senders]
        if len(self.senders) > 1:
            sender_field.choices = [("", _("Choose…")), *sender_field.choices]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

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
            "text": lambda: check_text(self.member, cleaned["text"]),
        }

    def _check_audience(self) -> None:
        """Where the first of many are stopped, others may not be."""
        if self.audience.reach.is_exact or self.audience.reach.refused:
            check_audience(self.audience)

    def _check_search(self, query: str) -> None:
        """A search that led to nobody is a recipient forgotten, not something to pass over."""
        if query and not picker.is_picked(self.member, query, self.picked):
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
        return audience_glanced(self.member, self.picked)

    @contextmanager
    def order(self) -> Iterator[Order]:
        """What the values in the form ask for, whether or not the form is valid; its audience is
        whole, and stays as it is until the end."""
        with audience_completed(self.member, self.picked, self.audience) as audience:
            yield Order(
                author=self.member,
                sender_value=str(self["sender"].value() or ""),
                text=str(self["text"].value() or ""),
                audience=audience,
                form_key=str(self["form_key"].value() or ""),
            )

    @property
    def was_sent(self) -> bool:
        """Whether there is a message of this form's already, whatever the form says now."""
        sent = Message.objects.filter(
            organisation=self.member.organisation_id, form_key=self.cleaned_data.get("form_key")
        )
        return "form_key" not in self.errors and sent.exists()

    @property
    def has_unmarked_errors(self) -> bool:
        """Whether something is wrong that no visible field is marked for."""
        return bool(self.errors.keys() - {"sender", "q", "numbers", "text"})

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
        known = refused.field if refused.field in self.fields else None
        self.add_error(known, str(refused.message).split("\n"))


def first_values(member: User, contacts: list[str], groups: list[str]) -> dict[str, Any]:
    """What a new form starts with: the sender name used last, and who was asked for by link."""
    return {
        "sender": last_used_sender(member),
        "contacts": contacts,
        "groups": groups,
        "form_key": new_form_key(),
    }


def last_used_sender(member: User) -> str:
    """The only usable sender name, or the one of the member's last message, or none."""
    usable = list(SenderName.objects.usable_by(member).values_list("value", flat=True)[:2])
    if len(usable) == 1:
        return usable[0]
    last = Message.objects.filter(author=member).order_by("-pk").values_list("sender_value")
    return last[0][0] if last else ""
