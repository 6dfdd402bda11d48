"""Cells that no spreadsheet takes for a formula, and back."""

# OWASP's list for CSV, the full-width forms with it; a quote too, so that it is known whose the
# first one is.
_TRIGGERS = frozenset("=+-@\t\r\n＝＋－＠'")


def protected(cell: str) -> str:
    """``cell`` with a quote before it where it begins as a formula would."""
    return "'" + cell if cell[:1] in _TRIGGERS and cell else cell


def unprotected(cell: str) -> str:
    """What ``protected`` was given; any other cell as it is."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _TRIGGERS and len(cell) > 1 else cell
