"""The result as a table, on stdout and in the page beside this file."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from tests.benchmarks.figures import Row, Target
from tests.benchmarks.machine import hardware, versions

PAGE = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
_HEAD = "| what | at least | aim | measured | | details |\n| --- | --- | --- | --- | --- | --- |\n"


def report(sections: Mapping[str, Sequence[Row]], *, how: str) -> str:
    """Markdown, with what ran and when."""
    parts = [f"{date.today():%d %B %Y}, {how}. {hardware()}.", f"{versions()}."]
    for name, rows in sections.items():
        parts.append(f"### {name}\n\n{_HEAD}" + "\n".join(map(_line, rows)))
    return "\n\n".join(parts) + "\n"


def write(text: str) -> None:
    """Put the text between the page's markers."""
    page = PAGE.read_text()
    before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
    PAGE.write_text(f"{before}{_BEGIN}\n{text}{_END}{after}")


def _line(row: Row) -> str:
    least = aim = verdict = ""
    if row.target is not None:
        least, aim = _wanted(row.target, row.unit)
        verdict = row.target.verdict(row.figure)
    measured = f"{_number(row.figure)}{row.unit}"
    return f"| {row.what} | {least} | {aim} | {measured} | {verdict} | {row.detail} |"


def _wanted(target: Target, unit: str) -> tuple[str, str]:
    sign = "≤ " if target.is_ceiling else ""
    aim = "" if target.aim is None else f"{sign}{target.aim:g}{unit}"
    return f"{sign}{target.least:g}{unit}", aim


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
