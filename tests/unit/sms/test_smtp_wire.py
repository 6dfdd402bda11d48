import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.smtp import dot_stuff

CONTENTS = st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b".\r\n", b"\r\n.\r\n"])).map(
    b"".join
)


def unstuffed(data: bytes) -> bytes:
    """RFC 5321 4.5.2, as a server does it."""
    lines = data.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


@given(CONTENTS)
def test_what_was_stuffed_arrives_as_it_was(content: bytes) -> None:
    expected = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert unstuffed(dot_stuff(content)) == expected


@given(CONTENTS)
def test_no_line_of_the_body_ends_it(content: bytes) -> None:
    stuffed = dot_stuff(content)
    assert b"\r\n.\r\n" not in b"\r\n" + stuffed
    assert stuffed.endswith(b"\r\n")


@pytest.mark.parametrize("content", [b"a\n.\n", b"a\r", b"\r\r\n", b"\n\r", b"a\n\r\n"])
def test_bare_breaks_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="bare"):
        dot_stuff(content)
