"""Reading lists of people from files, without the database.

``recognise`` finds out how a file is read, ``preview`` shows its first rows, ``guess_meanings``
says what its columns are, ``rows`` streams it, and a ``Doctor`` says of each row whether it can be
imported. ``FileRefused`` is all that any of them raises for a file, whatever is in it.
"""

from portal.contacts.reading.doctor import Doctor, is_cell_error
from portal.contacts.reading.faults import Fault, FaultCode, FileFault, FileRefused, Repair
from portal.contacts.reading.files import Preview, preview, rows
from portal.contacts.reading.meanings import Meaning, OwnField, fold_heading, guess_meanings
from portal.contacts.reading.recognising import recognise
from portal.contacts.reading.verdicts import Bad, Healthy
from portal.contacts.reading.ways import (
    DELIMITERS,
    ENCODINGS,
    Figure,
    Format,
    Limits,
    Reading,
    Row,
)

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "Bad",
    "Doctor",
    "Fault",
    "FaultCode",
    "Figure",
    "FileFault",
    "FileRefused",
    "Format",
    "Healthy",
    "Limits",
    "Meaning",
    "OwnField",
    "Preview",
    "Reading",
    "Repair",
    "Row",
    "fold_heading",
    "guess_meanings",
    "is_cell_error",
    "preview",
    "recognise",
    "rows",
]
