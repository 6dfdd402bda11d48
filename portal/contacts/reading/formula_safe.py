"""Cells that no spreadsheet takes for a formula, and back.

A file is parted anew by a program whose list separator is another than ours: of ``a;"x,=1"`` Excel
with a comma makes ``a;"x`` and ``=1"``, and a line break in a quoted cell ends its row. So a quote
stands before whatever would begin a cell in any of these ways, spaces before it or none: some
programs drop them. A first line ``sep=;`` would not do:
Excel obeys it, but takes the file for one of its old encoding then, whatever the BOM says.
"""

import re

# OWASP's list for CSV, with the full-width forms.
_FORMULA = "[=+\\-@\t\r\n＝＋－＠]"
# Where some program begins a cell. Quotes there would be its own, around nothing.
_BEGINNING = '(\\A|[,;|\t\r\n]"*)'
_UNPROTECTED = re.compile(f"{_BEGINNING}(?='* *{_FORMULA})")
_PROTECTED = re.compile(f"{_BEGINNING}'(?='* *{_FORMULA})")


def protected(cell: str) -> str:
    """``cell`` with a quote before whatever begins as a formula would, or as what has been given a
    quote: so that it is known whose the first one is."""
    return cell if cell.isalnum() else _UNPROTECTED.sub(r"\1'", cell)


def unprotected(cell: str) -> str:
    """What ``protected`` was given; any other cell as it is."""
    return _PROTECTED.sub(r"\1", cell)
