"""Strings and bytes that do not show themselves."""

from typing import NoReturn, SupportsIndex


class Secret:
    """Holds a password; only `reveal()` gives it back.

    Printing, formatting and JSON never show it, and pickling raises TypeError, so a secret cannot
    travel as a task argument or sit in a cache.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


class ConfidentialBytes(bytes):
    """Bytes that hold a password on their way out: a traceback with its locals does not show them.

    Only `repr` differs; slices and sums are plain bytes again.
    """

    def __repr__(self) -> str:
        return "b'***'"
