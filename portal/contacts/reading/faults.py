"""What can be wrong with a file, with a row, and what a row was repaired of."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from sms.refusal import Refusal


class FileFault(StrEnum):
    EMPTY = "empty"
    TOO_BIG = "too_big"
    TOO_MANY_ROWS = "too_many_rows"
    BOMB = "bomb"
    ENTITIES = "entities"
    BROKEN = "broken"
    OLD_EXCEL = "old_excel"
    OPEN_DOCUMENT = "open_document"
    ENCRYPTED = "encrypted"
    UNKNOWN_FORMAT = "unknown_format"
    NO_SUCH_SHEET = "no_such_sheet"


class FileRefused(Refusal):
    """The file as a whole cannot be read. ``data``: with TOO_BIG, TOO_MANY_ROWS and BOMB
    ``limit`` (bytes, rows, bytes), with NO_SUCH_SHEET ``sheet``."""

    subject = "file"
    code: FileFault


class FaultCode(StrEnum):
    """Of a row; of one cell where ``Fault.column`` says which. ``Fault.data`` holds:"""

    UNCLOSED_QUOTE = "unclosed_quote"
    NUL = "nul"
    UNDECODABLE = "undecodable"  # encoding
    TOO_FEW_CELLS = "too_few_cells"  # expected, found
    TOO_MANY_CELLS = "too_many_cells"  # expected, found
    TOO_LONG_ROW = "too_long_row"  # limit: characters
    BROKEN_CARD = "broken_card"
    CELL_ERROR = "cell_error"  # value: what Excel shows, as #N/A
    NOBODY = "nobody"  # neither a name nor a number
    NO_PHONE = "no_phone"  # where one is needed
    PHONE = "phone"  # phone_fault: a sms.phone.PhoneFault, and the rest of PhoneRefused.data
    SEVERAL_PHONES = "several_phones"  # phones: how they are written
    EXCEL_LOST_DIGITS = "excel_lost_digits"  # raw: as 7,9E+10
    EXCEL_LOST_START = "excel_lost_start"  # raw: a zero or the code is gone
    CONTROL_CHARACTER = "control_character"
    TOO_LONG = "too_long"  # limit: characters
    NOT_A_DATE = "not_a_date"  # raw
    NOT_A_NUMBER = "not_a_number"  # raw


class Repair(StrEnum):
    """What a number was read in spite of."""

    LEADING_EIGHT = "leading_eight"
    TEN_DIGITS = "ten_digits"
    LOST_PLUS = "lost_plus"
    EXCEL_FLOAT = "excel_float"
    EXCEL_EXPONENT = "excel_exponent"
    INVISIBLE = "invisible"


class Fault(NamedTuple):
    """``column``: from 0, None for the row as a whole."""

    code: FaultCode
    column: int | None = None
    data: Mapping[str, object] = {}

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"code": self.code.value, "column": self.column, "data": dict(self.data)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> "Fault":
        """What ``as_dict`` gave."""
        column, data = stored["column"], stored["data"]
        assert column is None or isinstance(column, int)
        assert isinstance(data, Mapping)
        return cls(FaultCode(str(stored["code"])), column, data)
