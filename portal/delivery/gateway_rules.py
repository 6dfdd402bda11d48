"""What a gateway account must hold, so that no letter and no sign-in fails over its form."""

import re
import unicodedata
from collections.abc import Mapping
from ipaddress import ip_address

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.administration import check_fields
from portal.core.errors import Refused
from portal.delivery.models import GatewayAccount
from sms.address import is_address
from sms.letter import Letter, LetterFault, LetterRefused, write

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_FIELD_OF_LINE = {"SmsUser": "sms_user", "Password": "sms_password"}
_CREDENTIAL_FAULTS: Mapping[LetterFault, str | Promise] = {
    LetterFault.EMPTY_FIELD: _("Write what the operator issued."),
    LetterFault.CONTROL_CHARACTER: _("There is a line break or a control character in it."),
    LetterFault.OUTER_SPACE: _("It begins or ends with a space; the operator would drop it."),
    LetterFault.UNSENDABLE: _("It has a character that the operator's encoding lacks."),
    LetterFault.LINE_TOO_LONG: _("It is too long."),
}


def check_gateway(account: GatewayAccount) -> None:
    """Raises ``Refused`` with the field at fault; its message never holds a password."""
    check_fields(account)
    _check_host(account.host)
    for field in ("from_address", "mailbox"):
        if not is_address(getattr(account, field)):
            raise Refused(
                _("Write the address in Latin letters, like sms@example.com."), field=field
            )
    _check_operator_login(account)
    _check_smtp_login(account)


def _check_host(host: str) -> None:
    if _HOST_NAME.fullmatch(host):
        return
    try:
        ip_address(host)
    except ValueError:
        raise Refused(
            _("Write a host name like smtp.example.com, or an address."), field="host"
        ) from None


def _check_operator_login(account: GatewayAccount) -> None:
    assert account.sms_password is not None, "the fields were checked before"
    trial = Letter(
        sms_user=account.sms_user,
        password=account.sms_password,
        sender="A",
        numbers=("1",),
        text="A",
    )
    try:
        write(trial)
    except LetterRefused as refusal:
        field = _FIELD_OF_LINE[str(refusal.data["field"])]
        raise Refused(_CREDENTIAL_FAULTS[refusal.code], field=field) from None


def _check_smtp_login(account: GatewayAccount) -> None:
    password = account.smtp_password.reveal() if account.smtp_password else ""
    if account.smtp_user and not password:
        raise Refused(_("The SMTP login needs its password."), field="smtp_password")
    if password and not account.smtp_user:
        raise Refused(_("The SMTP password needs its login."), field="smtp_user")
    for field, value in (("smtp_user", account.smtp_user), ("smtp_password", password)):
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise Refused(_CREDENTIAL_FAULTS[LetterFault.CONTROL_CHARACTER], field=field)
