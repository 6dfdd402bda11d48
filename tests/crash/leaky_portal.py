"""The portal with a fault: no letter can be joined, and the error's frame has its body.

``celery -A tests.crash.leaky_portal worker``
"""

from typing import NoReturn

from sms import stationery
from tests.crash.talkative_portal import app

__all__ = ["app"]


def join_mail(*parts: object) -> NoReturn:
    raise RuntimeError("cannot join", parts)


stationery.join_mail = join_mail
