"""Full names taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.names import parts_of

WORDS = st.one_of(
    st.sampled_from(["Иванов", "Анна", "Петровна", "оглы", "И.", "Ильич", "Ким", "Smith"]),
    st.text(min_size=1, max_size=12).filter(lambda text: text.split() == [text]),
)


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Иванов Иван Иванович", ("Иванов", "Иван", "Иванович")),
        ("Иван Иванович Иванов", ("Иванов", "Иван", "Иванович")),
        ("КУЗНЕЦОВА ОЛЬГА ИЛЬИНИЧНА", ("КУЗНЕЦОВА", "ОЛЬГА", "ИЛЬИНИЧНА")),
        ("Анна Петровна Абрамович", ("Абрамович", "Анна", "Петровна")),
        ("Абрамович Роман Аркадьевич", ("Абрамович", "Роман", "Аркадьевич")),
        ("Петров Семён Семёнович", ("Петров", "Семён", "Семёнович")),
        ("Petrov Ivan Petrovich", ("Petrov", "Ivan", "Petrovich")),
    ],
)
def test_a_patronymic_is_known_by_its_ending_in_either_order(
    full_name: str, parts: tuple[str, str, str]
) -> None:
    assert parts_of(full_name) == parts


@pytest.mark.parametrize(
    ("full_name", "surname", "given_name"),
    [
        ("Анна Смирнова", "Смирнова", "Анна"),
        ("Смирнова Анна", "Смирнова", "Анна"),
        ("Марина Алиева", "Алиева", "Марина"),
        ("Марина Ковальчук", "Ковальчук", "Марина"),
        ("Арам Хачатурян", "Хачатурян", "Арам"),
        ("Новак Ян", "Новак", "Ян"),
        ("Черных Галина", "Черных", "Галина"),
    ],
)
def test_of_two_words_a_usual_ending_tells_the_surname_which_else_comes_first(
    full_name: str, surname: str, given_name: str
) -> None:
    assert parts_of(full_name) == (surname, given_name, "")


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Марина", ("", "Марина", "")),
        ("Иванов", ("Иванов", "", "")),
        ("Анна Петровна", ("", "Анна", "Петровна")),
        ("Иванов Петрович", ("Иванов", "", "Петрович")),
        ("", ("", "", "")),
        ("  \t ", ("", "", "")),
    ],
)
def test_of_a_name_that_is_not_whole_each_part_finds_its_place(
    full_name: str, parts: tuple[str, str, str]
) -> None:
    assert parts_of(full_name) == parts


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Алиев Гейдар Алирза оглы", ("Алиев", "Гейдар", "Алирза оглы")),
        ("Гейдар Алирза оглы", ("", "Гейдар", "Алирза оглы")),
        ("Римский Корсаков Николай Андреевич", ("Римский Корсаков", "Николай", "Андреевич")),
        ("Ким Чен Ын", ("Ким", "Чен Ын", "")),
    ],
)
def test_names_of_many_words_keep_them_together(
    full_name: str, parts: tuple[str, str, str]
) -> None:
    assert parts_of(full_name) == parts


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Иванов И. И.", ("Иванов", "И.", "И.")),
        ("И. И. Иванов", ("Иванов", "И.", "И.")),
        ("И.И. Новак", ("Новак", "И.И.", "")),
        ("Иванов И.И.", ("Иванов", "И.И.", "")),
    ],
)
def test_initials_are_no_surname(full_name: str, parts: tuple[str, str, str]) -> None:
    assert parts_of(full_name) == parts


@given(st.lists(WORDS, max_size=7))
def test_no_word_is_lost_or_changed(words: list[str]) -> None:
    parts = parts_of(" ".join(words))

    assert sorted(" ".join(parts).split()) == sorted(words)


@given(st.text(max_size=200))
def test_parts_are_words_with_single_spaces(text: str) -> None:
    for part in parts_of(text):
        assert part == " ".join(part.split())
