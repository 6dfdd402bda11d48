"""Replies of an SMTP server, parsed (RFC 5321 4.2) and made safe to store and show."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

# After this reply the server closes the connection (RFC 5321 3.8).
CLOSING = 421
MAX_LINE_OCTETS = 4096
MAX_REPLY_OCTETS = 65536
_MAX_LINES = 128
_MAX_SHOWN = 500

# The start of a reply of one line with a text, the usual kind.
_ONE_LINE = {b"%d " % code: code for code in range(200, 600)}
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
# A server that quotes the refused letter must not carry the operator's password into our records.
_QUOTED_PASSWORD = re.compile(r"(password\s*[=:]\s*)\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """What the server answered; `text` is printable, on one line, at most 500 characters."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


@dataclass(frozen=True)
class ReplyLines:
    """A reply as it came, line by line, for the extensions that EHLO lists."""

    code: int
    # A server may quote a credential back; `shown` blots it out, a traceback could not.
    lines: tuple[str, ...] = field(repr=False)

    def shown(self, *, without: Sequence[str] = ()) -> Reply:
        """The reply to keep; the strings in `without` are blotted out."""
        text = " ".join(self.lines)
        for secret in filter(None, without):
            text = text.replace(secret, "***")
        return Reply(self.code, _printable(text)[:_MAX_SHOWN])


def _printable(text: str) -> str:
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    # The pattern is slow, and next to no reply needs it.
    if text.isascii() and "password" not in text.lower():
        return text
    return _QUOTED_PASSWORD.sub(r"\1***", text)


class UnintelligibleReply(ValueError):
    """The server sent something that is no SMTP reply, or an endless one."""

    def __init__(self) -> None:
        super().__init__("unintelligible reply")


def take_reply(buffer: bytearray) -> ReplyLines | None:
    """Takes one whole reply off the front of `buffer`; None while it is not all there.

    Raises UnintelligibleReply.
    """
    lines: list[str] = []
    code = b""
    start = 0
    while (end := buffer.find(b"\n", start)) >= 0:
        match = _LINE.fullmatch(bytes(buffer[start:end]).removesuffix(b"\r"))
        too_much = end - start > MAX_LINE_OCTETS or len(lines) == _MAX_LINES
        if match is None or (code and match[1] != code) or too_much:
            raise UnintelligibleReply
        code = match[1]
        lines.append((match[3] or b"").decode("utf-8", errors="replace").strip())
        start = end + 1
        if match[2] != b"-":
            del buffer[:start]
            return ReplyLines(int(code), tuple(lines))
    if len(buffer) - start > MAX_LINE_OCTETS or len(buffer) > MAX_REPLY_OCTETS:
        raise UnintelligibleReply
    return None


def reply_at(data: bytes, start: int) -> tuple[int, int] | None:
    """The code of the reply that begins at `start`, and where it ends; None while it is not all
    there. Understands what `take_reply` does, in less time. Raises UnintelligibleReply.
    """
    end = data.find(b"\n", start) + 1
    code = _ONE_LINE.get(data[start : start + 4])
    if code and 0 < end <= start + MAX_LINE_OCTETS:
        return code, end
    rest = bytearray(data[start:])
    reply = take_reply(rest)
    return None if reply is None else (reply.code, len(data) - len(rest))


def shown_reply(reply: bytes) -> Reply:
    """The reply to keep of the bytes of one, as `reply_at` found it."""
    code = _ONE_LINE.get(reply[:4])
    if code is None:
        whole = take_reply(bytearray(reply))
        assert whole is not None, "reply_at saw its end"
        return whole.shown()
    text = reply[4:].decode("utf-8", errors="replace").strip()
    return Reply(code, _printable(text)[:_MAX_SHOWN])
