"""The text of a template: what is refused, and how it will look to somebody."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.contacts.placeholders import Placeholders, placeholders_of
from portal.core.errors import Refused
from portal.core.explain import explain
from portal.messaging.forms import MOST_TEXT_CHARACTERS
from portal.messaging.services import check_text
from sms.placeholders import PlaceholderRefused, Sizes, Template, parse
from sms.refusal import Refusal
from sms.text import prepare_text


@dataclass(frozen=True)
class Sample:
    """``text``: as somebody would get it who has every value; ``unknown``: what the portal says of
    a name that no contact has a value for; ``fault``: why the template cannot be kept, and then
    there is neither text nor sizes."""

    text: str = ""
    sizes: Sizes | None = None
    unknown: str = ""
    fault: str = ""

    @property
    def is_of_one_size(self) -> bool:
        return self.sizes is None or self.sizes.least.segments == self.sizes.most.segments


def read_template(text: str) -> Template:
    """Raises ``Refused`` (field ``text``) where it is not of the grammar."""
    try:
        return parse(text)
    except PlaceholderRefused as refused:
        raise Refused(explain(refused), field="text") from None


def check_template_text(author: User, raw: str) -> str:
    """The text as it is kept. Raises ``Refused`` (field ``text``).

    Names may be unknown: spreadsheets bring their own, and a field may be made later. Whatever the
    text is sent to asks for them.
    """
    try:
        text = prepare_text(raw)
    except Refusal as refused:
        raise Refused(explain(refused), field="text") from None
    template = read_template(text)
    # With one character for each placeholder: what stands around them goes to everybody.
    one_each = dict.fromkeys(template.names, "1")
    check_text(author, template.render(one_each, one_each).text)
    return text


def sample_of(author: User, raw: str) -> Sample:
    """How the text looks while it is written; an empty one is no fault yet."""
    if not raw.strip():
        return Sample()
    if len(raw) > MOST_TEXT_CHARACTERS:
        too_long = _("The text is too long: at most %(most)s characters fit.")
        return Sample(fault=too_long % {"most": MOST_TEXT_CHARACTERS})
    try:
        template = read_template(check_template_text(author, raw))
    except Refused as refused:
        return Sample(fault=str(refused.message))
    assert author.organisation is not None, "members alone see templates"
    known = placeholders_of(author.organisation)
    values = {**{name: name for name in template.names}, **known.samples()}
    return Sample(
        text=template.render(values).text,
        sizes=template.sizes([values]),
        unknown=_unknown(template, known),
    )


def _unknown(template: Template, known: Placeholders) -> str:
    try:
        template.check_names(known.names)
    except PlaceholderRefused as refused:
        return explain(refused)
    return ""
