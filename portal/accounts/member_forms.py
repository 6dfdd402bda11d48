from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.accounts.rights import Role

ROLE_HELP = _(
    "A sender writes messages and sees their own. A manager also sees everybody's, invites "
    "members and asks for sender names. An auditor sees everything and changes nothing."
)


class MemberAddForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("They sign in with this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.SENDER, help_text=ROLE_HELP
    )


class MemberChangeForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, help_text=ROLE_HELP)
    is_active = forms.BooleanField(
        label=_("May sign in"),
        required=False,
        help_text=_(
            "Switch off for somebody who left: they are signed out at once. Messages they have "
            "not sent yet are held for a manager."
        ),
    )

    def __init__(self, data: QueryDict | None, *, member: User, is_self: bool) -> None:
        initial = {"name": member.name, "role": member.role, "is_active": member.is_active}
        super().__init__(data, initial=initial)
        if is_self:
            # Nobody locks themselves out; disabled fields keep what they were.
            self.fields["role"].disabled = self.fields["is_active"].disabled = True
            self.fields["role"].help_text = _("Another manager can change your role.")
            self.fields["is_active"].help_text = ""
