from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.contacts.fields.names import is_reserved
from portal.contacts.models import ContactField, FieldKind


class FieldNameForm(forms.Form):
    """``name`` comes out with single spaces."""

    name = forms.CharField(
        label=pgettext_lazy("field", "Name"),
        max_length=40,
        help_text=gettext_lazy(
            "Letters, digits, spaces, “_” and “-”. Texts of messages call the field by it."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        ContactField._meta.get_field("name").run_validators(name)
        if is_reserved(name):
            raise forms.ValidationError(_("Every contact has this already. Choose another name."))
        return name


class FieldForm(FieldNameForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=FieldKind.choices,
        help_text=gettext_lazy("It cannot be changed later."),
    )
