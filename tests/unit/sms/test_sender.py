import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.sender import SenderFault, SenderRefused, check_sender

# The rule once more, in one piece.
FORM = re.compile(
    r"(?!(?i:sms +info)\Z)"
    r"(?:(?=[^A-Za-z]*[A-Za-z])"
    r"[A-Za-z0-9._&+!/-](?:[A-Za-z0-9 ._&+!/-]{0,9}[A-Za-z0-9._&+!/-])?"
    r"|[0-9]{1,15})"
)


@pytest.mark.parametrize(
    "value",
    ["A", "ACME", "My Shop", "A.b-c_d&e+f", "A!/", "1", "1" * 15, "2GIS", "SMSInfo", "ABCDEFGHIJK"],
)
def test_a_name_of_the_right_form_comes_back_unchanged(value: str) -> None:
    assert check_sender(value) == value


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", SenderFault.EMPTY),
        ("АBC", SenderFault.BAD_CHARACTER),
        ("ABC\n", SenderFault.BAD_CHARACTER),
        ("ABC\r\nPhoneNumber=1", SenderFault.BAD_CHARACTER),
        (" ABC", SenderFault.BAD_CHARACTER),
        ("ABC ", SenderFault.BAD_CHARACTER),
        ("A\u00a0B", SenderFault.BAD_CHARACTER),
        ("A=B", SenderFault.BAD_CHARACTER),
        ("１２３", SenderFault.BAD_CHARACTER),
        ("ABCDEFGHIJKL", SenderFault.TOO_LONG),
        ("1" * 16, SenderFault.TOO_LONG),
        ("12-34", SenderFault.NO_LETTER),
        ("!", SenderFault.NO_LETTER),
        ("SMS Info", SenderFault.RESERVED),
        ("sms  iNFO", SenderFault.RESERVED),
    ],
)
def test_a_name_of_another_form_is_refused(value: str, fault: SenderFault) -> None:
    with pytest.raises(SenderRefused) as caught:
        check_sender(value)
    assert caught.value.code is fault


def test_a_bad_character_is_named_with_its_place() -> None:
    with pytest.raises(SenderRefused) as caught:
        check_sender("ABС")
    assert caught.value.data == {"character": "С", "position": 2}


@given(
    st.text(alphabet=st.sampled_from("AbZ019 .-_&+!/=А\n"), max_size=17)
    | st.sampled_from(["SMS Info", "sms info", "SMS Info\n", "SMS Inf"])
)
def test_a_sender_is_accepted_if_and_only_if_it_has_the_form(value: str) -> None:
    try:
        check_sender(value)
        accepted = True
    except SenderRefused:
        accepted = False
    assert (FORM.fullmatch(value) is not None) is accepted
