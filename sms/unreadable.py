"""Why a mail in the operator's format could not be read."""

from enum import StrEnum

from sms.refusal import Refusal


class ReadingFault(StrEnum):
    MISSING_FIELD = "missing_field"
    DOUBLED_FIELD = "doubled_field"
    UNKNOWN_FIELD = "unknown_field"
    EMPTY_FIELD = "empty_field"
    CONTROL_CHARACTER = "control_character"
    BAD_TEXT = "bad_text"
    NO_TEXT = "no_text"
    HTML_ONLY = "html_only"
    NO_PLAIN_PART = "no_plain_part"
    UNKNOWN_CHARSET = "unknown_charset"
    UNDECODABLE = "undecodable"


class LetterUnreadable(Refusal):
    """`data`: `field` (one of the four names) or `line` (1-based, in the decoded body) where there
    is one; `fault` where the text had a fault of its own. Never a value of a field."""

    subject = "mail"
    code: ReadingFault
