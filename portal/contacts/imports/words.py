"""What is wrong with files and rows, in words that say what to do."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.contacts.imports.standing import Failure
from portal.contacts.reading import Fault, FaultCode, FileFault, FileRefused, Repair
from portal.core.explain import explain_phone
from sms.phone import PhoneFault

_FILE: Mapping[str, str | Promise] = {
    FileFault.EMPTY: _("The file is empty. Choose another."),
    FileFault.TOO_BIG: _("The file is larger than %(limit)s MB. Split it and import the parts."),
    FileFault.TOO_MANY_ROWS: _(
        "The file has more than %(limit)s rows. Split it and import the parts."
    ),
    FileFault.BOMB: _(
        "Unpacked, the workbook is larger than %(limit)s MB. Save the sheet as CSV and import that."
    ),
    FileFault.ENTITIES: _(
        "The workbook holds what no spreadsheet program writes. Open it and save it anew."
    ),
    FileFault.BROKEN: _("The file is damaged or of another kind. Open it and save it anew."),
    FileFault.OLD_EXCEL: _("This is a workbook of an old Excel. Save it as .xlsx or CSV."),
    FileFault.OPEN_DOCUMENT: _("This is a spreadsheet of LibreOffice. Save it as .xlsx or CSV."),
    FileFault.ENCRYPTED: _("The workbook has a password. Save it without one."),
    FileFault.UNKNOWN_FORMAT: _(
        "This file is not a list of contacts. Save it as CSV, .xlsx or vCard."
    ),
    FileFault.NO_SUCH_SHEET: _("The workbook has no sheet “%(sheet)s”. Choose another."),
}
_FAILURES: Mapping[str, str | Promise] = {
    Failure.RIGHTS_LOST: _("Whoever started the import may not change contacts any more."),
    Failure.GROUP_GONE: _("The chosen group has been deleted meanwhile."),
    Failure.WORKERS_DIE: _("The import failed again and again. Split the file and try its parts."),
}
_ROWS: Mapping[FaultCode, str | Promise] = {
    FaultCode.UNCLOSED_QUOTE: _("A quotation mark is not closed."),
    FaultCode.NUL: _("There is an unreadable character (NUL)."),
    FaultCode.UNDECODABLE: _("Some characters cannot be read; check the encoding."),
    FaultCode.TOO_FEW_CELLS: _("There are %(found)s cells instead of %(expected)s."),
    FaultCode.TOO_MANY_CELLS: _("There are %(found)s cells instead of %(expected)s."),
    FaultCode.TOO_LONG_ROW: _("The row is longer than %(limit)s characters."),
    FaultCode.BROKEN_CARD: _("The card is damaged."),
    FaultCode.CELL_ERROR: _("Excel shows an error here: %(value)s."),
    FaultCode.NOBODY: _("There is neither a name nor a number."),
    FaultCode.NO_PHONE: _("There is no number."),
    FaultCode.SEVERAL_PHONES: _("There is more than one number. Leave one."),
    FaultCode.EXCEL_LOST_DIGITS: _(
        "Excel has shortened the number to %(raw)s, and its last digits are lost. "
        "Format the column as text and type the number anew."
    ),
    FaultCode.EXCEL_LOST_START: _(
        "Excel took %(raw)s for a plain number and has dropped the number's beginning. "
        "Format the column as text and type the number anew."
    ),
    FaultCode.CONTROL_CHARACTER: _("There is an invisible control character."),
    FaultCode.TOO_LONG: _("The text is longer than %(limit)s characters."),
    FaultCode.NOT_A_DATE: _("“%(raw)s” is not a date."),
    FaultCode.NOT_A_NUMBER: _("“%(raw)s” is not a number."),
}
REPAIRS: Mapping[str, str | Promise] = {
    Repair.LEADING_EIGHT: _("8 at the beginning was read as +7"),
    Repair.TEN_DIGITS: _("+7 was added to ten digits"),
    Repair.LOST_PLUS: _("the plus was missing"),
    Repair.EXCEL_FLOAT: _("Excel had kept it as a plain number"),
    Repair.EXCEL_EXPONENT: _("Excel had kept the number in the form 7,9E+10, with all its digits"),
    Repair.INVISIBLE: _("invisible characters were dropped"),
}
# What a fault is called where all rows that have it are counted together.
FAULTS: Mapping[str, str | Promise] = {
    FaultCode.UNCLOSED_QUOTE: _("a quotation mark is not closed"),
    FaultCode.NUL: _("an unreadable character (NUL)"),
    FaultCode.UNDECODABLE: _("characters that cannot be read"),
    FaultCode.TOO_FEW_CELLS: _("too few cells"),
    FaultCode.TOO_MANY_CELLS: _("too many cells"),
    FaultCode.TOO_LONG_ROW: _("the row is too long"),
    FaultCode.BROKEN_CARD: _("the card is damaged"),
    FaultCode.CELL_ERROR: _("an error of Excel in a cell"),
    FaultCode.NOBODY: _("neither a name nor a number"),
    FaultCode.NO_PHONE: _("no number"),
    FaultCode.SEVERAL_PHONES: _("more than one number in a cell"),
    FaultCode.EXCEL_LOST_DIGITS: _("Excel has lost the number's last digits"),
    FaultCode.EXCEL_LOST_START: _("Excel has lost the number's beginning"),
    FaultCode.CONTROL_CHARACTER: _("an invisible control character"),
    FaultCode.TOO_LONG: _("a text that is too long"),
    FaultCode.NOT_A_DATE: _("not a date"),
    FaultCode.NOT_A_NUMBER: _("not a number"),
}
_MEBIBYTE = 2**20
_IN_BYTES = frozenset({FileFault.TOO_BIG, FileFault.BOMB})


def explain_file(refused: FileRefused) -> str:
    """Why a file is not read, as one translated sentence."""
    data = dict(refused.data)
    if refused.code in _IN_BYTES:
        data["limit"] = int(str(data["limit"])) // _MEBIBYTE
    return str(_FILE[refused.code]) % data


def explain_failure(failure: str, *, limits: Mapping[str, object]) -> str:
    """Why an import stopped: what ``Import.failure`` holds. ``limits``: data of FileRefused."""
    if failure in _FAILURES:
        return str(_FAILURES[failure])
    return explain_file(FileRefused(FileFault(failure), **limits))


def explain_fault(fault: Fault) -> str:
    """What is wrong with a row, as one translated sentence."""
    if fault.code is FaultCode.PHONE:
        return explain_phone(PhoneFault(str(fault.data["phone_fault"])), fault.data)
    return str(_ROWS[fault.code]) % fault.data


def fault_name(key: str) -> str:
    """Of ``report.fault_key``."""
    code, _colon, phone_fault = key.partition(":")
    if phone_fault:
        return explain_phone(PhoneFault(phone_fault), {"letter": "…"}).rstrip(".")
    return str(FAULTS[FaultCode(code)])
