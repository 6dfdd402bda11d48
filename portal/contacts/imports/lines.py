"""Good rows as lines of PostgreSQL's COPY: made once by the check, kept and written as they are, in
bytes: a million of them are decoded only where somebody must look into one."""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring

from portal.contacts.models import CheckedRows, Import
from portal.contacts.reading import Healthy
from portal.core.prepared import rows

# In the order of a line.
COLUMNS = (
    *("phone", "surname", "given_name", "patronymic", "name", "note"),
    *("field_values", "search_key", "lexemes"),
)
_NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_ESCAPED = re.compile(r"\\(.)")
_PLAIN = {"t": "\t", "n": "\n", "r": "\r"}
_KEEP = """
    INSERT INTO contacts_checkedrows (source_id, number, last_row, count, content)
    SELECT %(source)s, coalesce(max(number) + 1, 0), %(last_row)s, %(count)s, %(content)s
      FROM contacts_checkedrows WHERE source_id = %(source)s
"""


def contact_line(found: Healthy) -> str:
    """Without the line's end."""
    surname, given_name, patronymic, name, key, words, phone, note, _reason, values, _ = found
    parts = (phone, surname, given_name, patronymic, name, note, _json(values), key, words)
    return _line(parts)


def stop_line(found: Healthy) -> str:
    """Number and reason."""
    return _line((found.phone, found.reason))


def values(line: bytes) -> list[str]:
    """What a kept line was made of; field values as JSON."""
    parts = line.decode().split("\t")
    if b"\\" not in line:
        return parts
    return [_ESCAPED.sub(lambda found: _PLAIN.get(found[1], found[1]), part) for part in parts]


def phone_of(line: bytes) -> str:
    return line[: line.index(b"\t")].decode()


def is_numberless(line: bytes) -> bool:
    return line.startswith(b"\t")


def packed(lines: Sequence[str]) -> bytes:
    """As they are kept."""
    return zlib.compress("\n".join(lines).encode(), 1)


def keep_lines(source: Import, content: bytes, *, count: int, last_row: int) -> None:
    """``content``: so many lines, packed. ``last_row``: of the file, as far as it was gone through
    for them."""
    if count:
        kept = {"source": source.pk, "last_row": last_row, "count": count, "content": content}
        rows(_KEEP, kept)


def kept_lines(checked: CheckedRows) -> list[bytes]:
    return zlib.decompress(checked.content).split(b"\n")


def with_constants(lines: Iterable[bytes], constants: Iterable[object]) -> bytes:
    """For COPY: every line after the same first columns; None is NULL."""
    texts = (_NULL if one is None else _escaped(str(one)) for one in constants)
    first = "".join(f"{text}\t" for text in texts).encode()
    text = (b"\n" + first).join(lines)
    return b"%b%b\n" % (first, text) if text else b""


def _json(values: Mapping[str, str]) -> str:
    pairs = [f'"{field_id}":{encode_basestring(value)}' for field_id, value in values.items()]
    return f"{{{','.join(pairs)}}}"


def _line(parts: Sequence[str]) -> str:
    line = "\t".join(parts)
    is_plain = "\\" not in line and "\n" not in line and "\r" not in line
    if is_plain and line.count("\t") == len(parts) - 1:
        return line
    return "\t".join(map(_escaped, parts))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
