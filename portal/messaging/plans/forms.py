"""The form's section on when a mailing leaves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.accounts.models import Organisation
from portal.contacts.models import ContactField, FieldKind
from portal.core.errors import Refused
from portal.messaging.plans.recurrence import LAST_DAY, MOST_DAYS
from portal.messaging.plans.schedule import Leaving, Schedule
from portal.messaging.plans.typed import (
    AT,
    BIRTHDAY,
    DAYS,
    LIFETIMES,
    MONTH,
    NOW,
    ONCE,
    PROPOSED_HOURS,
    REPEATING,
    WEEK,
    Missing,
    Typed,
    values_of,
)

T = TypeVar("T")
_LIFETIME_WORDS = {
    "1": gettext_lazy("one hour late"),
    "3": gettext_lazy("three hours late"),
    "12": gettext_lazy("twelve hours late"),
    "24": gettext_lazy("a day late"),
    "72": gettext_lazy("three days late"),
}
# Services call a mailing's fields by their own names.
_FIELD_OF = {"due_at": "at", "expires_at": "lifetime", "repeats": "every"}
_MISSING = "missing"
_DAYS_OF_MONTH = [
    *((str(day), str(day)) for day in range(1, 32)),
    (str(LAST_DAY), gettext_lazy("the last day")),
]


def _day_field(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Write a date, as 2030-12-31.")},
    )


def _time_field(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": gettext_lazy("Write a time of day, as 09:30.")},
    )


class ScheduleForm(forms.Form):
    """``schedule``: when it leaves; of a form that is not valid as much as was typed rightly, and
    of an unbound one at once. Times are on the organisation's clocks."""

    prefix = "when"
    use_required_attribute = False

    mode = forms.ChoiceField(
        label=gettext_lazy("It leaves"),
        required=False,
        choices=[
            (NOW, gettext_lazy("at once")),
            (ONCE, gettext_lazy("at a date and time")),
            (REPEATING, gettext_lazy("again and again")),
        ],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    day = _day_field(gettext_lazy("Date"))
    every = forms.ChoiceField(
        label=gettext_lazy("How often"),
        required=False,
        choices=[
            (DAYS, gettext_lazy("every day, or every few days")),
            (WEEK, gettext_lazy("on days of the week")),
            (MONTH, gettext_lazy("once a month")),
            (BIRTHDAY, gettext_lazy("on each one’s birthday")),
        ],
        initial=DAYS,
    )
    interval = forms.IntegerField(
        label=gettext_lazy("Every how many days"),
        required=False,
        initial=1,
        min_value=1,
        max_value=MOST_DAYS,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days of the week"),
        required=False,
        coerce=int,
        choices=[(str(number + 1), name) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    month_day = forms.TypedChoiceField(
        label=gettext_lazy("Day of the month"),
        required=False,
        coerce=int,
        choices=_DAYS_OF_MONTH,
        initial="1",
        help_text=gettext_lazy("In a month that is too short for it, the last day."),
    )
    birthday_field = forms.TypedChoiceField(
        label=gettext_lazy("Birthdays are in the field"),
        required=False,
        coerce=int,
        help_text=gettext_lazy(
            "Each day it goes to those picked whose birthday it is; who was born on 29 February "
            "gets it on the 28th in years without the 29th."
        ),
    )
    at = _time_field(gettext_lazy("Time"))
    first = _day_field(gettext_lazy("Beginning on"), gettext_lazy("Empty: from today on."))
    until = _day_field(
        gettext_lazy("Until and including"), gettext_lazy("Empty: until it is cancelled.")
    )
    lifetime = forms.ChoiceField(
        label=gettext_lazy("Should something delay it, it may leave"),
        required=False,
        choices=[
            *((hours, _LIFETIME_WORDS[hours]) for hours in LIFETIMES),
            (AT, gettext_lazy("until a date and time")),
        ],
        initial=PROPOSED_HOURS,
        help_text=gettext_lazy("What has not left by then is not sent any more."),
    )
    last_day = _day_field(pgettext_lazy("not after", "Date"))
    last_at = _time_field(pgettext_lazy("not after", "Time"))
    window_from = _time_field(gettext_lazy("Only between"))
    window_until = _time_field(pgettext_lazy("between", "and"))
    by_recipient_zone = forms.BooleanField(
        label=gettext_lazy("on the recipients’ clocks"),
        required=False,
        help_text=gettext_lazy(
            "Where the number tells them. Russian mobile numbers do not: yours count for them."
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        organisation: Organisation,
        now: datetime | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.organisation = organisation
        self.now = now or timezone.now()
        self.schedule = Schedule()
        self._offer_birthday_fields()
        today = self.now.astimezone(organisation.zone).date().isoformat()
        for name in ("day", "first", "until", "last_day"):
            self.fields[name].widget.attrs["min"] = today
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    @classmethod
    def as_typed(cls, data: Mapping[str, Any], *, organisation: Organisation) -> "ScheduleForm":
        """As it was typed, and nothing said about it."""
        empty = cls(organisation=organisation)
        if empty.add_prefix("mode") not in data:
            return empty
        typed = {
            name: field.widget.value_from_datadict(data, {}, empty.add_prefix(name))
            for name, field in empty.fields.items()
        }
        return cls(organisation=organisation, initial=typed)

    @classmethod
    def of(cls, schedule: Schedule, *, organisation: Organisation) -> "ScheduleForm":
        return cls(organisation=organisation, initial=values_of(schedule, organisation))

    def _offer_birthday_fields(self) -> None:
        found = ContactField.objects.filter(organisation=self.organisation, kind=FieldKind.DATE)
        field = self.fields["birthday_field"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(str(pk), name) for pk, name in found.values_list("pk", "name")]
        if not field.choices:
            field.help_text = _("Contacts have no field for a date yet. A manager can add one.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.schedule = self._read(Typed(cleaned, self.organisation, self.now))
        return cleaned

    def _read(self, typed: Typed) -> Schedule:
        """As much as was typed rightly."""
        opens, closes = self._unless_refused(typed.window) or (None, None)
        due, repeats = self._unless_refused(typed.due), self._unless_refused(typed.repeats)
        if repeats:
            due = repeats.next_after(self.now, zone=self.organisation.zone)
        by_recipient_zone = bool(typed.values.get("by_recipient_zone")) and opens is not None
        schedule = Schedule(due, None, opens, closes, by_recipient_zone, repeats)
        expires = self._unless_refused(lambda: typed.expires(schedule))
        return replace(schedule, expires_at=expires)

    def _unless_refused(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Refused as refused:
            self.refuse(refused)
            return None

    def refuse(self, refused: Refused) -> None:
        """Put a refusal beside its field; a service's too, which knows the mailing's fields. What
        the field itself has said already says more."""
        field = _FIELD_OF.get(refused.field, refused.field)
        if field not in self.errors:
            code = _MISSING if isinstance(refused, Missing) else None
            error = forms.ValidationError(str(refused.message), code=code)
            self.add_error(field if field in self.fields else None, error)

    @property
    def names(self) -> str:
        """Of the section's fields, for a page that sends them alone."""
        return ",".join(self.add_prefix(name) for name in self.fields)

    @cached_property
    def checked(self) -> "ScheduleForm":
        """The form with its values checked: itself, or of an unbound one a bound twin."""
        form = self
        if not self.is_bound:
            values = {self.add_prefix(name): self[name].value() for name in self.fields}
            form = type(self)(values, organisation=self.organisation, now=self.now)
        form.is_valid()
        return form

    @property
    def leavings(self) -> list[Leaving]:
        """When it leaves next, or the next five times; none while that is not clear."""
        form = self.checked
        if not form.is_valid():
            return []
        return form.schedule.next_leavings(self.organisation, now=self.now)

    @property
    def faults(self) -> list[str]:
        """What is wrong with what was typed, leaving out what is yet to be typed."""
        found = self.checked.errors.as_data().values()
        faults = [error for errors in found for error in errors if error.code != _MISSING]
        return [words for error in faults for words in error.messages]
