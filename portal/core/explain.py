"""The core's refusals in words that say what to do."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sms.phone import PhoneFault
from sms.refusal import Refusal
from sms.sender import SenderFault
from sms.text import TextFault

PHONE: Mapping[PhoneFault, str | Promise] = {
    PhoneFault.EMPTY: _("Write a number."),
    PhoneFault.LETTERS: _("There is a letter “%(letter)s” in the number."),
    PhoneFault.FOREIGN_DIGITS: _("Write the number in the digits 0 to 9."),
    PhoneFault.EXTENSION: _("Take the extension off the number; SMS cannot reach it."),
    PhoneFault.DOUBLED: _("Two numbers run together. Put a comma or a new line between them."),
    PhoneFault.TOO_SHORT: _("The number is too short."),
    PhoneFault.TOO_LONG: _("The number is too long."),
    PhoneFault.NOT_A_NUMBER: _("This is not a phone number."),
    PhoneFault.COUNTRY_NOT_ALLOWED: _("Your organisation does not send to this country."),
    PhoneFault.NOT_MOBILE: _("This is not a mobile number."),
    PhoneFault.INVALID: _("There is no such number."),
}

_SLIPS: Mapping[PhoneFault, str | Promise] = {
    PhoneFault.TOO_SHORT: _("Digits are missing: there are %(digits)s instead of %(expected)s."),
    PhoneFault.TOO_LONG: _("Too many digits: there are %(digits)s instead of %(expected)s."),
}

SENDER: Mapping[SenderFault, str | Promise] = {
    SenderFault.EMPTY: _("Write a sender name."),
    SenderFault.TOO_LONG: _("A sender name has at most 11 Latin characters or 15 digits."),
    SenderFault.BAD_CHARACTER: _(
        "A sender name takes Latin letters, digits, inner spaces and . - _ & + ! / only; "
        "“%(character)s” is none of them."
    ),
    SenderFault.NO_LETTER: _("A sender name that is not all digits needs a Latin letter."),
    SenderFault.RESERVED: _("The operator keeps this name for itself. Choose another."),
}

TEXT: Mapping[TextFault, str | Promise] = {
    TextFault.EMPTY: _("Write the text."),
    TextFault.CONTROL_CHARACTER: _(
        "Line %(line)s has an invisible control character. Delete and type that place anew."
    ),
    TextFault.LONE_SURROGATE: _("Line %(line)s has a broken character. Delete it."),
    TextFault.FIELD_LIKE_LINE: _(
        "Line %(line)s begins with “%(field)s=”, which the operator would read as a command. "
        "Begin the line with another word."
    ),
}


def explain(refusal: Refusal) -> str:
    """The refusal as one translated sentence."""
    if refusal.code == TextFault.UNSENDABLE:
        return explain_unsendable(refusal)
    if isinstance(refusal.code, PhoneFault):
        return explain_phone(refusal.code, refusal.data)
    # One mapping for all would not do: members of different StrEnums with one value are equal.
    if isinstance(refusal.code, SenderFault):
        return str(SENDER[refusal.code]) % refusal.data
    assert isinstance(refusal.code, TextFault)
    return str(TEXT[refusal.code]) % refusal.data


def explain_phone(fault: PhoneFault, data: Mapping[str, object]) -> str:
    """Why ``sms.phone`` refuses a number; ``data`` as in its ``PhoneRefused``."""
    sentence = _SLIPS[fault] if "expected" in data else PHONE[fault]
    return str(sentence) % data


def explain_unsendable(refusal: Refusal) -> str:
    """Names each character that the operator's encoding lacks, where it stands, and the way out."""
    found = refusal.data["found"]
    assert isinstance(found, tuple)
    listed = "; ".join(_describe(character) for character in found[:5])
    rest = len(found) - 5
    more = str(_(" and %(count)s more")) % {"count": rest} if rest > 0 else ""
    return str(_("SMS through this operator cannot carry: %(listed)s%(more)s.")) % {
        "listed": listed,
        "more": more,
    }


def _describe(unsendable: object) -> str:
    place = {
        "character": getattr(unsendable, "character", ""),
        "line": getattr(unsendable, "line", 0),
        "column": getattr(unsendable, "column", 0),
        "substitute": getattr(unsendable, "substitute", None),
    }
    if place["substitute"]:
        return (
            str(_("“%(character)s” (line %(line)s, place %(column)s; “%(substitute)s” can)"))
            % place
        )
    return str(_("“%(character)s” (line %(line)s, place %(column)s)")) % place
