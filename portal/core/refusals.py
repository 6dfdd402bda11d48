from django import forms

from portal.core.errors import Refused


def show_refusal(form: forms.BaseForm, refusal: Refused) -> None:
    """Put what a service refused beside its field, or above the form where it has none."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, str(refusal.message))
