"""Which names an organisation's own fields cannot have."""

from portal.contacts.search_words import search_key

# What every contact has anyway, in the words that people, files and templates use for it.
_RESERVED = frozenset(
    {
        *("имя", "фамилия", "отчество", "фио", "ф и о", "полное имя", "имя фамилия"),
        *("фамилия имя", "фамилия имя отчество", "имя отчество"),
        *("телефон", "номер", "номер телефона", "мобильный", "мобильный телефон", "тел"),
        *("заметка", "заметки", "примечание", "группа", "группы", "стоп лист"),
        *("name", "full name", "first name", "last name", "given name", "surname", "family name"),
        *(
            "name and patronymic",
            "middle name",
            "patronymic",
            "phone",
            "phone number",
            "mobile",
            "mobile phone",
            "tel",
        ),
        *("number", "note", "notes", "group", "groups", "stop list"),
    }
)


def is_reserved(name: str) -> bool:
    """Whether ``name`` means what a contact has of itself, in whatever case and spacing."""
    return search_key(name.replace("_", " ").replace("-", " ")) in _RESERVED
