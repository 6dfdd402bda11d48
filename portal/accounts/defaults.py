"""What the model's fields and the migrations both refer to; the names here never change."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def default_countries() -> list[str]:
    return ["RU"]


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Unknown time zone. Write one like Europe/Moscow."))
