"""Errors whose message is meant for the person who made the request."""

from django.utils.functional import Promise


class Refused(Exception):
    """The request breaks a rule; nothing was changed.

    ``message`` is translated text that says what to do, ``field`` names the form field it
    belongs to ("" where it belongs to none).
    """

    def __init__(self, message: str | Promise, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Conflict(Refused):
    """The object is no longer in the state that the request assumed."""
