import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.batching import batches

NUMBERS = st.lists(st.from_regex(r"[0-9]{1,15}", fullmatch=True), max_size=300)


@given(NUMBERS, st.integers(1, 200))
def test_every_number_is_in_exactly_one_batch_in_order(numbers: list[str], size: int) -> None:
    cut = list(batches(numbers, per_email=size))
    assert [number for batch in cut for number in batch] == numbers
    assert all(0 < len(batch) <= size for batch in cut)


@given(NUMBERS, st.integers(1, 1000))
def test_no_line_is_over_998_octets(numbers: list[str], size: int) -> None:
    for batch in batches(numbers, per_email=size):
        assert len("PhoneNumber=" + ",".join(batch)) <= 998


def test_a_line_holds_82_russian_numbers() -> None:
    cut = list(batches(["79210000000"] * 100, per_email=1000))
    assert [len(batch) for batch in cut] == [82, 18]


def test_eighty_a_letter_is_the_default() -> None:
    assert [len(batch) for batch in batches(["79210000000"] * 161)] == [80, 80, 1]


def test_numbers_are_taken_one_by_one_from_an_endless_source() -> None:
    endless = iter(lambda: "79210000000", None)
    assert len(next(batches(endless))) == 80


def test_a_batch_size_below_one_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="per_email"):
        batches([], per_email=0)


def test_a_number_longer_than_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        list(batches(["1" * 987]))
