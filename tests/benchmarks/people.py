"""As many made-up Russians as a benchmark needs, names as frequent as in a real list."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from portal.accounts.models import Organisation, User
from portal.contacts.models import ContactField, FieldKind
from portal.contacts.models.contact import composed_name
from portal.contacts.search_words import lexemes, search_key
from portal.core.copying import copy_rows

INTO = """contacts_contact (organisation_id, owner_id, surname, given_name, patronymic, name, phone,
                            note, field_values, search_key, lexemes, created_at, changed_at)"""


def _words(text: str) -> list[str]:
    return text.split()


STEMS = _words(
    """Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов
Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров
Никитин Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин
Фролов Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов
Ковалёв Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев
Герасимов Богданов Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов
Мельников Денисов Гаврилов Тихонов Казаков Афанасьев Данилов Савельев Тимофеев Фомин Чернов
Абрамов Мартынов Ефимов Федотов Щербаков Назаров Калинин Исаев Чернышёв Быков Маслов
Родионов Коновалов Лазарев Воронин Климов Филатов Пономарёв Голубев Кудрявцев Прохоров
Наумов Потапов Журавлёв Овчинников Трофимов Леонов Соболев Ермаков Колесников Гончаров
Емельянов Никифоров Грачёв Котов Гришин Ефремов Архипов Громов Кириллов Малышев Панов
Моисеев Румянцев Акимов Кондратьев Бирюков Горбунов Анисимов Ерёмин Тихомиров Галкин
Лукьянов Михеев Скворцов Юдин Белоусов Нестеров Симонов Прокофьев Харитонов Князев Цветков
Левин Митрофанов Воронов Аксёнов Софронов Мальцев Логинов Горшков Савин Краснов Майоров
Демидов Елисеев Рыбаков Сафонов Плотников Дёмин Хохлов Фадеев Молчанов Игнатов Литвинов
Ершов Ушаков Дементьев Рябов Мухин Калашников Леонтьев Лобанов Кузин Корнеев Евдокимов
Бородин Платонов Некрасов Балашов Блинов Жданов Абрикосов Ягодин Яхонтов Эйлеров Юсупов
Щукин Шубин Цыганов Хромов Уваров Ульянов Туманов Суворов Рогов Пугачёв Озеров Нечаев"""
)
WHOLE = _words("Шевченко Бондаренко Ткаченко Коваленко Кравчук Мельник Черных Белых Живаго Дурново")
MEN = _words(
    """Александр Сергей Дмитрий Андрей Алексей Максим Евгений Иван Михаил Владимир Николай Роман
Артём Павел Илья Виктор Юрий Денис Антон Игорь Олег Константин Никита Кирилл Станислав
Василий Анатолий Егор Пётр Валерий Вячеслав Григорий Руслан Фёдор Тимур Борис Леонид Степан
Эдуард Ярослав Глеб Матвей Захар Марк Лев Семён Геннадий Виталий Вадим Аркадий"""
)
WOMEN = _words(
    """Елена Анна Мария Ольга Наталья Татьяна Екатерина Светлана Ирина Анастасия Юлия Людмила
Галина Марина Дарья Оксана Александра Алина Надежда Ксения Виктория Любовь Вера Лариса
Полина Валентина Евгения Кристина Нина Тамара Алёна Вероника Маргарита Яна Зоя Лидия Софья
Диана Инна Эльвира Жанна Регина Карина Раиса Майя Ульяна Злата Василиса Эмма Цветана"""
)
FATHERS = _words(
    """Александров Сергеев Дмитриев Андреев Алексеев Евгеньев Иванов Михайлов Владимиров Николаев
Романов Павлов Викторов Юрьев Денисов Антонов Игорев Олегов Константинов Васильев Анатольев
Петров Валерьев Вячеславов Григорьев Борисов Леонидов Степанов Геннадьев Фёдоров"""
)
CITIES = _words(
    """Москва Санкт-Петербург Новосибирск Екатеринбург Казань Тверь Самара Омск Уфа Пермь Тула
Ярославль Иркутск Хабаровск Владивосток Калуга Псков Великий_Новгород Вологда Кострома"""
)
TRADES = _words("Ромашка Вектор Альянс СтройСервис Прогресс Луч Орион Феникс Магнит Восход Русь")


@dataclass(frozen=True)
class OwnFields:
    city: ContactField
    birthday: ContactField
    visits: ContactField


def own_fields(organisation: Organisation) -> OwnFields:
    def made(name: str, kind: FieldKind) -> ContactField:
        field: ContactField
        field, _is_new = ContactField.objects.get_or_create(
            organisation=organisation, name=name, defaults={"kind": kind}
        )
        return field

    return OwnFields(
        made("Город", FieldKind.TEXT),
        made("День рождения", FieldKind.DATE),
        made("Визиты", FieldKind.NUMBER),
    )


def people_made(
    organisation: Organisation, count: int, *, owner: User | None = None, first: int = 0
) -> None:
    """Contacts of the organisation, or of ``owner`` alone, the same ones at every call; other
    numbers of another ``first``."""
    fields = own_fields(organisation)
    copy_rows(INTO, _rows(organisation.pk, owner.pk if owner else None, fields, count, first))


def _rows(
    organisation_id: int, owner_id: int | None, fields: OwnFields, count: int, first: int
) -> Iterator[tuple[object, ...]]:
    chance = random.Random(first)
    now = datetime.now(UTC)
    for number in range(first, first + count):
        surname, given_name, patronymic = _name(chance, number)
        name = composed_name(surname=surname, given_name=given_name, patronymic=patronymic)
        values = _values(chance, fields)
        key = search_key(name)
        yield (
            organisation_id,
            owner_id,
            surname,
            given_name,
            patronymic,
            name,
            "" if chance.random() < 0.01 else phone(number),
            "",
            json.dumps(values, ensure_ascii=False),
            key,
            lexemes(organisation_id, key, values),
            now - timedelta(minutes=number % 500_000),
            now,
        )


def phone(number: int) -> str:
    """Mobile numbers in no order, each once up to a billion."""
    return f"79{number * 48_271 % 999_999_937:09}"


def _name(chance: random.Random, number: int) -> tuple[str, str, str]:
    kind = chance.random()
    if kind < 0.03:
        return "", f"ООО {_frequent(chance, TRADES)} {number % 977}", ""
    is_woman = chance.random() < 0.55
    given_name = _frequent(chance, WOMEN if is_woman else MEN)
    if kind < 0.08:
        return "", given_name, ""
    surname = _frequent(chance, STEMS) + "а" * is_woman
    if chance.random() < 0.05:
        surname = chance.choice(WHOLE)
    if kind < 0.45:
        return surname, given_name, ""
    return surname, given_name, _frequent(chance, FATHERS) + ("на" if is_woman else "ич")


def _frequent(chance: random.Random, names: list[str]) -> str:
    """The first are the most frequent, as in life."""
    return names[int(len(names) * chance.random() ** 2.2)]


def _values(chance: random.Random, fields: OwnFields) -> dict[str, str]:
    values = {}
    if chance.random() < 0.8:
        values[str(fields.city.pk)] = _frequent(chance, CITIES).replace("_", " ")
    if chance.random() < 0.6:
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(25_000))
        values[str(fields.birthday.pk)] = born.isoformat()
    if chance.random() < 0.3:
        values[str(fields.visits.pk)] = str(chance.randrange(200))
    return values
