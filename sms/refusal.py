"""What the core says when it refuses an input."""

from enum import StrEnum


class Refusal(ValueError):
    """A refused input: a machine-readable `code`, and `data` about what was wrong.

    `str()` is technical English for logs; it names the code and nothing of the input. Neither it
    nor `data` ever holds a password.
    """

    subject = "input"
    code: StrEnum
    data: dict[str, object]

    def __init__(self, code: StrEnum, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.data = data

    def __str__(self) -> str:
        return f"{self.subject} refused: {self.code.value}"
