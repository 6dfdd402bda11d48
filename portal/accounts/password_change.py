"""Changing one's own password: with the old one, except right after a one-time password."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, SetPasswordForm
from allauth.account.views import PasswordChangeView
from django.utils.translation import gettext_lazy as _


class FirstPasswordForm(SetPasswordForm):  # type: ignore[misc]  # allauth is untyped
    """Asks for no old password: it was typed to sign in, and opens nothing but this form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password again")


class PasswordChange(PasswordChangeView):  # type: ignore[misc]  # allauth is untyped
    def get_form_class(self) -> type[Any]:
        return FirstPasswordForm if self.request.user.must_change_password else ChangePasswordForm
