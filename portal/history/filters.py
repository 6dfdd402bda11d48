"""Which messages of the history to show."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters import ChoiceFilter, DateFilter, FilterSet, ModelChoiceFilter

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.delivery.models import Message
from portal.history.forms import HistoryFilterForm
from portal.history.presenters import MESSAGE_CHOICES
from portal.history.selectors import messages_of_choice

# Beyond these a zone's offset can leave the calendar.
_DAY_RANGE = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 30))]


def _day_filter(label: Any, method: str) -> DateFilter:
    return DateFilter(
        label=label,
        method=method,
        validators=_DAY_RANGE,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class HistoryFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Days are days of the organisation's zone, which is the current one in a request."""

    state = ChoiceFilter(
        label=_("State"), choices=MESSAGE_CHOICES, empty_label=_("any"), method="filter_state"
    )
    date_from = _day_filter(pgettext_lazy("day", "From"), "filter_from")
    date_to = _day_filter(pgettext_lazy("day", "To"), "filter_to")
    author = ModelChoiceFilter(
        label=_("Author"), queryset=User.objects.none(), empty_label=_("all")
    )

    class Meta:
        model = Message
        fields = ("state", "date_from", "date_to", "author")
        form = HistoryFilterForm

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member.may(Right.SEE_ALL_MESSAGES):
            self.filters["author"].queryset = User.objects.filter(
                organisation=member.organisation_id
            ).order_by("name", "email")
        else:
            del self.filters["author"]

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    def filter_state(
        self, messages: QuerySet[Message], _name: str, value: str
    ) -> QuerySet[Message]:
        return messages_of_choice(messages, value)

    def filter_from(
        self, messages: QuerySet[Message], _name: str, value: date
    ) -> QuerySet[Message]:
        return messages.filter(created_at__gte=_start_of(value))

    def filter_to(self, messages: QuerySet[Message], _name: str, value: date) -> QuerySet[Message]:
        return messages.filter(created_at__lt=_start_of(value + timedelta(days=1)))


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
