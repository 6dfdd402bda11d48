"""Files of people as an office would bring them, and the same rows made ready for the floor."""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from portal.contacts.search_words import lexemes, search_key

HEADINGS = ("Фамилия", "Имя", "Отчество", "Телефон", "Город", "Заметка")
BAD, REPEATED = 0.02, 0.05
_SURNAMES = ("Иванов", "Смирнов", "Кузнецов", "Попов", "Васильев", "Петров", "Соколов", "Михайлов")
_GIVEN = ("Александр", "Дмитрий", "Максим", "Сергей", "Андрей", "Алексей", "Артём", "Илья")
_PATRONYMICS = ("Александрович", "Дмитриевич", "Сергеевич", "Андреевич", "Алексеевич", "Ильич")
_CITIES = ("Тверь", "Москва", "Санкт-Петербург", "Казань", "Пермь", "Омск", "Тула")
_FAULTS = ("нет", "8921", "+7921ABC4567", "7,9E+10", "+7 921 123-45-678")
# The codes 93x hold gaps that libphonenumber knows.
_CODES = ("901", "903", "905", "910", "911", "915", "921", "922", "926", "981")


@dataclass(frozen=True)
class Person:
    surname: str
    given_name: str
    patronymic: str
    phone: str
    city: str
    note: str


def people(count: int, *, seed: int = 7) -> Iterator[tuple[Person, str]]:
    """``count`` people, each with the spelling of the number in the file: five spellings, 2 % that
    are no number, 5 % that came before."""
    chance = random.Random(seed)
    last = ""
    for number in range(count):
        phone = _phone(number)
        if last and chance.random() < REPEATED:
            phone = last
        last = phone
        spelling = _spelling(phone, number % 5)
        if chance.random() < BAD:
            spelling = _FAULTS[number % len(_FAULTS)]
        yield _person(number, phone), spelling


def _person(number: int, phone: str) -> Person:
    surname = f"{_SURNAMES[number % 8]}{'' if number % 3 else 'ский'}"
    return Person(
        surname,
        _GIVEN[number // 8 % 8],
        _PATRONYMICS[number // 64 % 6],
        phone,
        _CITIES[number % 7],
        f"договор {number}" if number % 4 == 0 else "",
    )


def _phone(number: int) -> str:
    """Scattered, as they come: numbers of one range would make the index cheap."""
    scattered = number * 7_919 % 10_000_000
    return f"7{_CODES[number % len(_CODES)]}{scattered:07}"


def _spelling(phone: str, kind: int) -> str:
    code, first, second, third = phone[1:4], phone[4:7], phone[7:9], phone[9:]
    return (
        f"+7 {code} {first}-{second}-{third}",
        f"8 ({code}) {first}-{second}-{third}",
        phone,
        f"8{phone[1:]}",
        f"+7({code}){first}{second}{third}",
    )[kind]


def write_csv(path: Path, count: int) -> None:
    """As Excel saves it: windows-1251 and semicolons."""
    with path.open("w", encoding="cp1251", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADINGS)
        for person, spelling in people(count):
            writer.writerow(_cells(person, spelling))


def write_xlsx(path: Path, count: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Клиенты")
    sheet.append(HEADINGS)
    for person, spelling in people(count):
        sheet.append(_cells(person, spelling))
    book.save(path)


def _cells(person: Person, spelling: str) -> tuple[str, ...]:
    names = (person.surname, person.given_name, person.patronymic)
    return (*names, spelling, person.city, person.note)


def write_ready(path: Path, count: int, *, organisation_id: int, city_id: int) -> int:
    """The good rows of the same file, first mention of each number alone, as the table of contacts
    takes them; returns how many."""
    seen: set[str] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for person, spelling in people(count):
            if spelling not in _FAULTS and person.phone not in seen:
                seen.add(person.phone)
                writer.writerow(_ready(person, organisation_id, city_id))
    return len(seen)


def _ready(person: Person, organisation_id: int, city_id: int) -> tuple[object, ...]:
    parts = (person.surname, person.given_name, person.patronymic)
    name = " ".join(parts)
    key, values = search_key(name), {str(city_id): person.city}
    found_by = lexemes(organisation_id, key, values)
    written = json.dumps(values, ensure_ascii=False)
    return (organisation_id, *parts, name, person.phone, person.note, written, key, found_by)
