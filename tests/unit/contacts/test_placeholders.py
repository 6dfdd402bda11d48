"""What every contact has for texts to call."""

import pytest
from django.utils.translation import override

from portal.contacts.fields.names import is_reserved
from portal.contacts.models import FieldKind
from portal.contacts.placeholders import built_in, shown_in_texts


def test_no_field_can_be_called_like_what_every_contact_has() -> None:
    names = [name for placeholder in built_in() for name in placeholder.names]
    assert [name for name in names if not is_reserved(name)] == []


@pytest.mark.parametrize(("language", "written"), [("ru", "{имя}"), ("en", "{name}")])
def test_a_placeholder_is_written_in_the_readers_language_first(
    language: str, written: str
) -> None:
    with override(language):
        first = built_in()[0]
    assert first.written == written
    assert {"имя", "name"} <= set(first.names)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    ("kind", "stored", "shown"),
    [
        (FieldKind.DATE, "2026-11-04", "04.11.2026"),
        (FieldKind.NUMBER, "1234567.5", "1234567,5"),
        (FieldKind.NUMBER, "-12", "-12"),
        (FieldKind.TEXT, "2026-11-04", "2026-11-04"),
    ],
)
def test_values_are_shown_as_the_organisations_people_write_them(
    kind: str, stored: str, shown: str, language: str
) -> None:
    with override(language):
        assert shown_in_texts(kind, stored) == shown
