"""The portal with a fault: no letter can be rendered, and the error comes with the body's frame.

``celery -A tests.crash.leaky_portal worker``
"""

from typing import NoReturn

from sms import letter
from tests.crash.talkative_portal import app

__all__ = ["app"]


def render(envelope: letter.Envelope, transfer_encoding: letter.TransferEncoding) -> NoReturn:
    raise RuntimeError("cannot render", envelope, transfer_encoding)


letter.render = render
