"""How pages answer what services refuse."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django import forms
from django.http import Http404

from portal.core.errors import Conflict, Refused

P = ParamSpec("P")
R = TypeVar("R")


def show_refusal(form: forms.BaseForm, refusal: Refused) -> None:
    """Put what a service refused beside its field, or above the form where it has none."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, str(refusal.message))


def missing_if_gone(view: Callable[P, R]) -> Callable[P, R]:
    """For pages without a form: 404 where the object was deleted while the page was open."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return view(*args, **kwargs)
        except Conflict as conflict:
            raise Http404(str(conflict.message)) from None

    return answered
