"""Tests of a text on its author's own phone, before it goes to anybody else."""

import re
import uuid
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.core.explain import explain_phone
from portal.delivery.models import Message
from portal.messaging.composing.wording import Wording
from portal.messaging.gathering import audience_of
from portal.messaging.models import OwnNumber
from portal.messaging.services import Order, message_submit
from sms.phone import RefusedNumber, display, read_pieces

_KEY = re.compile(r"[0-9a-f]{32}")


def _new_key() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Trial:
    """``number`` as the field holds it; then the ``message`` that was sent, or its ``fault``, at
    the number or elsewhere. ``key`` names the next test: pressed twice, one is sent."""

    number: str = ""
    message: Message | None = None
    fault: str = ""
    is_at_number: bool = False
    key: str = field(default_factory=_new_key)


def trial_offered(author: User) -> Trial:
    """The field with the number that the author's last test went to."""
    known = OwnNumber.objects.filter(member=author).first()
    return Trial(number=display(known.phone) if known else "")


def trial_send(
    *, author: User, sender_value: str, wording: Wording, first_phone: str, number: str, key: str
) -> Trial:
    """Send to ``number`` what ``first_phone`` would get ("": a sample), by every rule of a message
    of its own; the number is remembered."""
    try:
        phone = _read_number(author, number)
        return Trial(number, message=_sent(author, sender_value, wording, first_phone, phone, key))
    except Refused as refused:
        at_number = refused.field in {"own_number", "numbers"}
        return Trial(number, fault=str(refused.message), is_at_number=at_number, key=key)


@transaction.atomic
def _sent(
    author: User, sender_value: str, wording: Wording, first_phone: str, phone: str, key: str
) -> Message:
    OwnNumber.objects.update_or_create(member=author, defaults={"phone": phone})
    order = Order(
        author=author,
        sender_value=sender_value,
        text=_text_of(wording, first_phone),
        audience=audience_of(author, {phone: ""}),
        form_key=f"trial-{key if _KEY.fullmatch(key) else _new_key()}",
    )
    return message_submit(order=order).message


def _text_of(wording: Wording, first_phone: str) -> str:
    wording.check()
    rendered = wording.rendered([first_phone] if first_phone else [])[0]
    if rendered.lacks:
        raise Refused(
            _("The first recipient has no value for “%(name)s”. Write what is put in instead.")
            % {"name": rendered.lacks[0]},
            field="text",
        )
    return rendered.text


def _read_number(author: User, number: str) -> str:
    assert author.organisation is not None, "who may send is a member"
    pieces = list(read_pieces(number[:100], countries=author.organisation.allowed_countries))
    if not pieces:
        raise Refused(_("Write your own number."), field="own_number")
    if len(pieces) > 1:
        raise Refused(_("Write one number."), field="own_number")
    [piece] = pieces
    if isinstance(piece, RefusedNumber):
        raise Refused(explain_phone(piece.fault, piece.data), field="own_number")
    return piece
