"""Each refusal is explained by its own sentence."""

import pytest
from django.utils.translation import override

from portal.core.explain import explain
from sms.phone import PhoneFault, PhoneRefused, normalise
from sms.sender import SenderFault, SenderRefused
from sms.text import TextFault, TextRefused


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("", "Write a number."),
        ("1" * 20, "The number is too long."),
        ("8916123456", "Digits are missing: there are 10 instead of 11."),
        ("891612345678", "Too many digits: there are 12 instead of 11."),
        ("892З1234567", "There is a letter “З” in the number."),
    ],
)
def test_a_refused_number_is_explained_as_a_number(raw: str, sentence: str) -> None:
    with pytest.raises(PhoneRefused) as caught:
        normalise(raw)
    with override("en"):
        assert explain(caught.value) == sentence


def test_faults_of_one_name_have_each_their_own_sentence() -> None:
    refusals = [
        PhoneRefused(PhoneFault.EMPTY),
        SenderRefused(SenderFault.EMPTY),
        TextRefused(TextFault.EMPTY),
    ]
    with override("en"):
        said = [explain(refusal) for refusal in refusals]

    assert said == ["Write a number.", "Write a sender name.", "Write the text."]
