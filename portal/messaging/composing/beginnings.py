"""What a new form starts with: people, a template, a spreadsheet or a message sent before."""

import re
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from portal.accounts.models import User
from portal.delivery.models import Message, Recipient
from portal.messaging.forms import (
    FORM_KEY,
    MOST_NUMBERS_CHARACTERS,
    last_used_sender,
    new_form_key,
)
from portal.messaging.models import Mailing, Sheet, Template
from portal.messaging.picked import Picked
from sms.placeholders import escape

M = TypeVar("M", bound=Model)

_ID = re.compile(r"[0-9]{1,18}")
_LONGEST_LINE = len("+79210000000\n") + 3


def begun_values(member: User, asked: QueryDict) -> dict[str, Any]:
    """The form's values for an address's ``contact``, ``group``, ``template``, ``sheet``, ``again``
    (a message) and ``form``; what the member does not see is left out."""
    form_key = asked.get("form", "")
    template = _template(member, asked.get("template", ""))
    sheet = _known(Sheet.objects.visible_to(member), asked.get("sheet", ""))
    return {
        "sender": last_used_sender(member),
        "contacts": asked.getlist("contact"),
        "groups": asked.getlist("group"),
        "text": template.text if template else "",
        "sheet": sheet.pk if sheet else None,
        "form_key": form_key if FORM_KEY.fullmatch(form_key) else new_form_key(),
        "pen": new_form_key(),
        **_again(member, asked.get("again", "")),
    }


def template_text(member: User, data: QueryDict) -> str:
    """The text of the template that was picked in the form, "" for none or while it would take the
    place of a text that its author has not given up."""
    template = _template(member, data.get("template", ""))
    if template is None or _would_replace(template, data):
        return ""
    return template.text


def template_asked_for(member: User, data: QueryDict) -> Template | None:
    """The template that was picked while something else stood in the text."""
    template = _template(member, data.get("template", ""))
    return template if template and _would_replace(template, data) else None


def _would_replace(template: Template, data: QueryDict) -> bool:
    typed = data.get("text", "").replace("\r\n", "\n").strip()
    return "replace" not in data and typed not in {"", template.text.strip()}


def _template(member: User, pk: str) -> Template | None:
    return _known(Template.objects.visible_to(member), pk)


def _known(visible: QuerySet[M], pk: str) -> M | None:
    return visible.filter(pk=pk).first() if _ID.fullmatch(pk) else None


def _again(member: User, pk: str) -> dict[str, Any]:
    """What a message was made of: the mailing's picked people, else the numbers it went to."""
    message = _known(Message.objects.visible_to(member), pk)
    if message is None:
        return {}
    mailing = Mailing.objects.filter(author=member, waves__message=message).first()
    if mailing is None:
        values = {"text": escape(message.text), "numbers": _numbers_of(message)}
        return values | {"sender": message.sender_value}
    picked = Picked.from_dict(mailing.picked)
    return {
        "sender": mailing.sender_value,
        "text": mailing.text,
        "numbers": picked.typed,
        "contacts": list(picked.contact_ids),
        "groups": list(picked.group_ids),
        "sheet": mailing.sheet_id,
        "defaults": mailing.when_missing.get("defaults", {}),
        "skip_missing": mailing.when_missing.get("skip", False),
    }


def _numbers_of(message: Message) -> str:
    """As many as the field takes; none of a longer list, of which a part would be a mistake."""
    most = MOST_NUMBERS_CHARACTERS // _LONGEST_LINE
    phones = (
        Recipient.objects.filter(message=message).order_by("pk").values_list("phone", flat=True)
    )
    listed = list(phones[: most + 1])
    return "\n".join(f"+{phone}" for phone in listed) if len(listed) <= most else ""
