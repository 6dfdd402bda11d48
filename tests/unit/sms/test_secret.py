import copy
import json
import pickle
from collections.abc import Callable

import pytest

from sms.secret import Secret


def test_only_reveal_gives_the_value_back() -> None:
    assert Secret("s3cret").reveal() == "s3cret"


@pytest.mark.parametrize("show", [repr, str, format, "{}".format, "{:>9}".format, "{!r}".format])
def test_no_way_of_printing_shows_the_value(show: Callable[[object], str]) -> None:
    assert "s3cret" not in show(Secret("s3cret"))
    assert "***" in show(Secret("s3cret"))


@pytest.mark.parametrize("leak", [pickle.dumps, copy.deepcopy, json.dumps])
def test_a_secret_cannot_leave_the_process(leak: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leak(Secret("s3cret"))
    assert "s3cret" not in str(caught.value)


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
