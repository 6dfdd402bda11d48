"""The catalogues of both languages: complete, and the compiled file says what the source says."""

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest

LOCALE = Path(__file__).parents[2] / "portal" / "locale"
LANGUAGES = ("ru", "en")
PLURAL_FORMS = {"ru": 3, "en": 2}
LINE = re.compile(r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) )?(".*")')
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")

Entry = dict[str, str]


def entries(language: str) -> list[Entry]:
    """Keyword → text, in the order of the file; ``#,`` holds the flags. The header is left out."""
    source = (LOCALE / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    blocks = [dict(_texts(block)) for block in source.split("\n\n")]
    return [entry for entry in blocks if entry.get("msgid")]


def _texts(block: str) -> Iterator[tuple[str, str]]:
    keyword, text = "", ""
    for line in block.splitlines():
        if line.startswith("#,"):
            yield "#,", line
        if match := LINE.fullmatch(line):
            if match[1]:
                yield keyword, text
                keyword, text = match[1], ""
            text += ast.literal_eval(match[2])
    yield keyword, text


def translations(entry: Entry) -> list[str]:
    return [text for keyword, text in entry.items() if keyword.startswith("msgstr")]


def compiled(language: str) -> dict[str | tuple[str, int], str]:
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        catalogue: dict[str | tuple[str, int], str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {key: text for key, text in catalogue.items() if key}


def expected(language: str) -> dict[str | tuple[str, int], str]:
    catalogue: dict[str | tuple[str, int], str] = {}
    for entry in entries(language):
        context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
        key = context + entry["msgid"]
        if "msgid_plural" in entry:
            catalogue |= {(key, form): text for form, text in enumerate(translations(entry))}
        else:
            catalogue[key] = entry["msgstr"]
    return catalogue


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated_and_none_is_a_guess(language: str) -> None:
    unfinished = [
        entry["msgid"]
        for entry in entries(language)
        if "fuzzy" in entry.get("#,", "") or not all(translations(entry))
    ]
    assert unfinished == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    assert compiled(language) == expected(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_counted_strings_have_every_plural_form(language: str) -> None:
    counted = [entry for entry in entries(language) if "msgid_plural" in entry]
    assert counted
    assert {len(translations(entry)) for entry in counted} == {PLURAL_FORMS[language]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_what_its_original_does(language: str) -> None:
    different = [
        (entry["msgid"], text)
        for entry in entries(language)
        for text in translations(entry)
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(entry["msgid"]))
    ]
    assert different == []


def test_both_languages_have_the_same_strings() -> None:
    russian, english = (
        {(entry.get("msgctxt"), entry["msgid"]) for entry in entries(language)}
        for language in LANGUAGES
    )
    assert russian == english


def test_english_repeats_the_original() -> None:
    for entry in entries("en"):
        originals = [entry["msgid"], entry.get("msgid_plural")]
        assert translations(entry) == [text for text in originals if text is not None]
