from django import forms

from portal.contacts.export.formats import ExportFormat


class ExportForm(forms.Form):
    """Beside it, in the address, stands what the list was narrowed by."""

    format = forms.TypedChoiceField(choices=ExportFormat.choices, coerce=ExportFormat)
