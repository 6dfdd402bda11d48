import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.smtp_reply import (
    Reply,
    ReplyLines,
    UnintelligibleReply,
    reply_at,
    shown_reply,
    take_reply,
)


def test_a_reply_of_several_lines_is_taken_whole() -> None:
    buffer = bytearray(b"250-one\r\n250-\r\n250 two\r\n354 next")
    assert take_reply(buffer) == ReplyLines(250, ("one", "", "two"))
    assert buffer == b"354 next"


@pytest.mark.parametrize("bare", [b"250\r\n", b"250 \r\n", b"250\n"])
def test_a_reply_may_have_no_text(bare: bytes) -> None:
    assert take_reply(bytearray(bare)) == ReplyLines(250, ("",))


@pytest.mark.parametrize("part", [b"", b"25", b"250 ok", b"250-ok\r\n", b"250-ok\r\n250"])
def test_an_unfinished_reply_is_waited_for(part: bytes) -> None:
    buffer = bytearray(part)
    assert take_reply(buffer) is None
    assert buffer == part


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n",
        b"ok\r\n",
        b"150 ok\r\n",
        b"600 ok\r\n",
        b"2500 ok\r\n",
        b"250_ok\r\n",
        "٢٥٠ ok\r\n".encode(),
        b"250-a\r\n251 b\r\n",
        b"250-" + b"a" * 5000,
        b"250 " + b"a" * 5000 + b"\r\n",
        b"250-a\r\n" * 200,
    ],
)
def test_garbage_and_endless_replies_are_not_understood(garbage: bytes) -> None:
    with pytest.raises(UnintelligibleReply):
        take_reply(bytearray(garbage))
    with pytest.raises(UnintelligibleReply):
        reply_at(garbage, 0)


@given(st.integers(200, 599), st.lists(st.text(max_size=60), min_size=1, max_size=20))
def test_what_is_shown_is_one_printable_line(code: int, lines: list[str]) -> None:
    reply = ReplyLines(code, tuple(lines)).shown()
    assert reply.code == code
    assert reply.text.isprintable()
    assert len(reply.text) <= 500


def test_a_quoted_password_is_blotted_out() -> None:
    shown = ReplyLines(554, ("bad line: Password=s3cret, SourceAddress=ACME",)).shown()
    assert shown == Reply(554, "bad line: Password=*** SourceAddress=ACME")


@pytest.mark.parametrize("spelling", ["Password=s3cret", "PASSWORD : s3cret", "paſſword=s3cret"])
def test_a_quoted_password_is_blotted_out_however_it_is_written(spelling: str) -> None:
    raw = f"554 bad line {spelling}\r\n".encode()
    assert "s3cret" not in str(shown_reply(raw))
    assert "s3cret" not in str(shown_reply(b"554-no\r\n" + raw))


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_waited_for_or_refused(data: bytes) -> None:
    buffer = bytearray(data)
    try:
        reply = take_reply(buffer)
    except UnintelligibleReply:
        return
    assert (reply is None) is (bytes(buffer) == data)


NEARLY_REPLIES = st.lists(
    st.sampled_from(
        [b"250", b"354", b"199", b" ", b"-", b"ok", b"\r\n", b"\n", b"\r", b"\xff\0", b"x" * 4090]
    )
).map(b"".join)


@given(st.one_of(NEARLY_REPLIES, st.binary(max_size=60)), st.binary(max_size=9))
def test_the_quick_reader_understands_what_the_thorough_one_does(
    data: bytes, before: bytes
) -> None:
    buffer = bytearray(data)
    try:
        expected = take_reply(buffer)
    except UnintelligibleReply:
        with pytest.raises(UnintelligibleReply):
            reply_at(before + data, len(before))
        return
    found = reply_at(before + data, len(before))
    if expected is None:
        assert found is None
        return
    taken = len(data) - len(buffer)
    assert found == (expected.code, len(before) + taken)
    assert shown_reply(data[:taken]) == expected.shown()
