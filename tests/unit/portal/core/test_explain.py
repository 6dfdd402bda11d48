"""Each refusal is explained by its own sentence."""

import pytest
from django.utils.translation import override

from portal.core.explain import explain
from sms.phone import PhoneFault, PhoneRefused, normalise
from sms.placeholders import PlaceholderRefused, parse
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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Hi {name",
            "Line 1, place 4: the placeholder that begins here has no “}” on its line. Close it, "
            "or write “{{” for the brace itself.",
        ),
        (
            "Hi :}",
            "Line 1, place 5: this “}” ends no placeholder. Delete it, or write “}}” for the "
            "brace itself.",
        ),
        (
            "{name:uper}",
            "Line 1, place 1: nothing is called “uper” that could be done to a value. Did you "
            "mean “upper”?",
        ),
    ],
)
def test_a_refused_placeholder_is_explained_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(PlaceholderRefused) as caught:
        parse(text)
    with override("en"):
        assert explain(caught.value) == sentence


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{a|b|c}", "{a:zzz}", "{a:uper}", "{zzz}", "{nam}"]
)
def test_every_refused_placeholder_has_a_sentence(text: str, language: str) -> None:
    with pytest.raises(PlaceholderRefused) as caught:
        parse(text).check_names(["name"])
    with override(language):
        assert explain(caught.value)
