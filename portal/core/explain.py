"""The core's refusals in words that say what to do."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sms.phone import PhoneFault
from sms.placeholder_filters import FILTERS
from sms.placeholders import PlaceholderFault
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

PLACEHOLDER: Mapping[PlaceholderFault, str | Promise] = {
    PlaceholderFault.NOT_CLOSED: _(
        "Line %(line)s, place %(column)s: the placeholder that begins here has no “}” on its line. "
        "Close it, or write “{{” for the brace itself."
    ),
    PlaceholderFault.NOT_OPENED: _(
        "Line %(line)s, place %(column)s: this “}” ends no placeholder. Delete it, or write “}}” "
        "for the brace itself."
    ),
    PlaceholderFault.BAD_NAME: _(
        "Line %(line)s, place %(column)s: “{%(found)s}” does not begin with the name of a "
        "placeholder, which is letters, digits and spaces. For braces themselves write “{{” "
        "and “}}”."
    ),
    PlaceholderFault.TWO_DEFAULTS: _(
        "Line %(line)s, place %(column)s: “{%(found)s}” has “|” twice. Leave one, before what is "
        "put in where the value is missing."
    ),
    PlaceholderFault.UNKNOWN_FILTER: _(
        "Line %(line)s, place %(column)s: nothing is called “%(found)s” that could be done to a "
        "value. There are: %(filters)s."
    ),
    PlaceholderFault.UNKNOWN_NAME: _(
        "Line %(line)s, place %(column)s: there is no placeholder “%(found)s”. Choose one with the "
        "buttons, or write “{{” for the brace itself."
    ),
}

_LIKE: Mapping[PlaceholderFault, str | Promise] = {
    PlaceholderFault.UNKNOWN_FILTER: _(
        "Line %(line)s, place %(column)s: nothing is called “%(found)s” that could be done to a "
        "value. Did you mean “%(nearest)s”?"
    ),
    PlaceholderFault.UNKNOWN_NAME: _(
        "Line %(line)s, place %(column)s: there is no placeholder “%(found)s”. Did you mean "
        "“%(nearest)s”?"
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
    if isinstance(refusal.code, PlaceholderFault):
        return _explain_placeholder(refusal.code, refusal.data)
    assert isinstance(refusal.code, TextFault)
    return str(TEXT[refusal.code]) % refusal.data


def explain_phone(fault: PhoneFault, data: Mapping[str, object]) -> str:
    """Why ``sms.phone`` refuses a number; ``data`` as in its ``PhoneRefused``."""
    sentence = _SLIPS[fault] if "expected" in data else PHONE[fault]
    return str(sentence) % data


def _explain_placeholder(fault: PlaceholderFault, data: Mapping[str, object]) -> str:
    sentence = _LIKE[fault] if data.get("nearest") else PLACEHOLDER[fault]
    return str(sentence) % {**data, "filters": ", ".join(FILTERS)}


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
