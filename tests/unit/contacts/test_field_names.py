"""Names that an organisation's own fields cannot have."""

import pytest

from portal.contacts.fields.names import is_reserved


@pytest.mark.parametrize(
    "name",
    [
        *("имя", "ФАМИЛИЯ", "Отчество", "ФИО", "Ф.И.О.", "Телефон", "Номер  телефона"),
        *("name", "Surname", "first_name", "First-Name", "phone"),
    ],
)
def test_what_every_contact_has_is_reserved_in_any_spelling(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["Город", "Birthday", "Имя питомца", "Номер договора", "phone 2"])
def test_other_names_are_free(name: str) -> None:
    assert not is_reserved(name)
