"""What sign-in says about itself, put into the audit trail."""

from typing import Any

from allauth.account.signals import password_changed as allauth_password_changed
from allauth.account.signals import password_reset as allauth_password_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from portal.accounts.models import User
from portal.accounts.services import password_changed
from portal.accounts.sign_in_events import sign_in_failed, signed_in, signed_out


@receiver(user_logged_in, dispatch_uid="audit_signed_in")
def record_sign_in(*, user: User, **_: Any) -> None:
    signed_in(user=user)


@receiver(user_logged_out, dispatch_uid="audit_signed_out")
def record_sign_out(*, user: User | None, **_: Any) -> None:
    if user is not None:
        signed_out(user=user)


@receiver(user_login_failed, dispatch_uid="audit_sign_in_failed")
def record_failed_sign_in(*, credentials: dict[str, Any], **_: Any) -> None:
    sign_in_failed(email=str(credentials.get("email", "")))


@receiver([allauth_password_changed, allauth_password_reset], dispatch_uid="audit_password_changed")
def record_password_change(*, user: User, **_: Any) -> None:
    password_changed(user=user)
