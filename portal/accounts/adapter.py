"""Where this site's sign-in differs from allauth's."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.accounts.sign_in_events import password_reset_asked

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    error_messages: ClassVar[dict[str, str | Promise]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by administrators and managers; nobody signs up alone."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """None for a user who is switched off too: the page reads as for a wrong password."""
        user: User | None = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def set_password(self, user: User, password: str) -> None:
        """Saves the password alone, so that a change made to the user meanwhile stands."""
        user.set_password(password)
        user.save(update_fields=["password"])

    def clean_password(self, password: str, user: User | None = None) -> str:
        if user is not None and user.must_change_password and user.check_password(password):
            raise ValidationError(gettext("Choose a password other than the one-time one."))
        try:
            cleaned: str = super().clean_password(password, user=user)
        except ValidationError as error:
            # The rules stand beside the field; a password that breaks three needs one answer.
            raise error.error_list[0] from None
        return cleaned

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """A letter that cannot leave is logged: an error page would give the account away."""
        password_reset_asked(user=user)
        try:
            super().send_password_reset_mail(user, email, context)
        except OSError:
            logger.exception("The letter with a password reset link could not leave")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's own key holds the Host header, and every spelling of it would count anew.
        return str(credentials.get("email", "")).lower()
