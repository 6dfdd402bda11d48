"""On whose clocks a number is."""

import pytest

from portal.messaging.plans.zones import zone_name


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("491701234567", "Europe/Berlin"),
        ("375291234567", "Europe/Moscow"),
        ("998901234567", "Asia/Tashkent"),
        ("12125551234", "America/New_York"),
        ("13105551234", "America/Los_Angeles"),
        ("5511961234567", "America/Sao_Paulo"),
    ],
)
def test_the_zone_of_a_number_that_tells_it(phone: str, zone: str) -> None:
    assert zone_name(phone) == zone


@pytest.mark.parametrize("phone", ["79211234567", "79991234567", "77011234567"])
def test_a_mobile_number_of_a_country_with_many_zones_tells_none(phone: str) -> None:
    assert zone_name(phone) == ""


def test_zones_on_the_same_clocks_are_one() -> None:
    assert zone_name("447400123456") in {"Europe/London", "Europe/Guernsey", "Europe/Jersey"}


@pytest.mark.parametrize("phone", ["88213123456", "99912345678", "00012345678"])
def test_a_number_of_no_country_tells_none(phone: str) -> None:
    assert zone_name(phone) == ""
