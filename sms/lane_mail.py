"""An e-mail in the form in which a lane writes it."""

from sms.smtp_envelope import envelope_lines
from sms.smtp_wire import dot_stuff


class Mail:
    """An e-mail ready to be written, on any lane whose server can carry it; never changed.

    `content` is the message with CRLF breaks, not dot-stuffed. Raises ValueError for an address or
    a content that would break the protocol. Its repr shows nothing of the content.
    """

    __slots__ = ("body", "eight_bit", "lines", "octets")

    def __init__(self, mail_from: str, mailbox: str, content: bytes, eight_bit: bool) -> None:
        self.lines = envelope_lines(mail_from, mailbox, eight_bit)
        self.eight_bit = eight_bit
        self.octets = len(content)
        self.body = dot_stuff(content)
