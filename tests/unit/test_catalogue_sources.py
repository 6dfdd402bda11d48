"""Whatever the sources mark for translation is in the catalogue, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from tests.unit.test_catalogues import entries

ROOT = Path(__file__).parents[2]
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
STRING = r"""u('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE = re.compile(rf"\b(?:n?gettext\({STRING}|pgettext\({STRING}, {STRING})")

Marked = tuple[str | None, str]


def marked_in_code(source: str) -> Iterator[Marked]:
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        texts = [
            str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)
        ]
        if node.func.id in PLAIN and texts:
            yield None, texts[0]
        elif node.func.id in WITH_CONTEXT:
            yield texts[0], texts[1]


def marked_in_template(source: str) -> Iterator[Marked]:
    for plain, context, text in IN_TEMPLATE.findall(templatize(source)):
        yield (
            (ast.literal_eval(context), ast.literal_eval(text))
            if context
            else (None, ast.literal_eval(plain))
        )


def marked() -> set[Marked]:
    found: set[Marked] = set()
    for path in (ROOT / "portal").rglob("*.py"):
        found |= set(marked_in_code(path.read_text(encoding="utf-8")))
    for suffix in ("html", "txt"):
        for path in (ROOT / "templates").rglob(f"*.{suffix}"):
            found |= set(marked_in_template(path.read_text(encoding="utf-8")))
    return found


def test_the_catalogue_has_what_the_sources_mark_and_nothing_else() -> None:
    catalogue = {(entry.get("msgctxt"), entry["msgid"]) for entry in entries("ru")}
    assert (marked() - catalogue, catalogue - marked()) == (set(), set())
