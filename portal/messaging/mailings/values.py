"""What stands for the placeholders of a mailing's text."""

from collections.abc import Collection, Mapping, Sequence

from portal.contacts.placeholders import placeholders_of, values_by_phone
from portal.messaging.mailings.texts import check_template
from portal.messaging.models import Mailing
from sms.placeholders import Template

# A position, a number, a name, and the values of a spreadsheet's row, None where there is none.
Gathered = tuple[int, str, str, Mapping[str, str] | None]


def check_mailing_text(mailing: Mailing) -> Template:
    """The template, which asks for what is known of its people alone. Raises ``Refused`` (field
    ``text``)."""
    return check_template(mailing.author, mailing.text, names=_known_names(mailing))


def values_of(
    mailing: Mailing, template: Template, people: Sequence[Gathered]
) -> list[Mapping[str, str]]:
    """Of each of ``people``, in their order, by names as ``fold_name`` makes them: from the row of
    the spreadsheet, else from the contact that the author sees under the number."""
    if template.is_plain:
        return [{}] * len(people)
    if mailing.sheet_id:
        return [own or {} for _position, _phone, _name, own in people]
    values = values_by_phone(
        mailing.author,
        [phone for _position, phone, *_rest in people],
        placeholders=placeholders_of(mailing.organisation),
        names=template.names,
    )
    return [values[phone] for _position, phone, *_rest in people]


def _known_names(mailing: Mailing) -> Collection[str]:
    if mailing.sheet:
        return [name for name in mailing.sheet.columns if name]
    return placeholders_of(mailing.organisation).names
