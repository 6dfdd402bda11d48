"""Importing a file of contacts, whole, against ``csv`` and COPY of ready rows."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.bench import Bench, say
from tests.benchmarks.figures import Rounds, Row, Target
from tests.benchmarks.ours import Alone, Portal, embedded_portal, manager_of
from tests.benchmarks.processes import Trouble
from tests.benchmarks.spreadsheets import write_csv, write_ready, write_xlsx

PEOPLE = "people"
OURS, FLOOR = "import of a CSV file", "csv and COPY of ready rows"
_MOST_MIB = 300.0


def imports(bench: Bench) -> list[Row]:
    """Each measurement has a database of its own: indexes grow with what is in them."""
    plan = bench.plan
    rounds, peaks = Rounds(), []
    for number in range(plan.rounds):
        say(f"{OURS} of {plan.contacts} rows, round {number + 1}")
        ready, floor = _fresh(bench, partial(_floor, count=plan.contacts))
        made, ours = _fresh(bench, partial(_ours, count=plan.contacts, write=write_csv))
        if made != ready:
            raise Trouble(f"{made} contacts were imported of {ready} good rows")
        rounds.add(FLOOR, plan.contacts / floor.seconds)
        rounds.add(OURS, plan.contacts / ours.seconds)
        peaks.append(ours.peak_mib)
    say(f"import of an XLSX file of {plan.workbook_rows} rows")
    _made, workbook = _fresh(bench, partial(_ours, count=plan.workbook_rows, write=write_xlsx))
    what = f"{plan.contacts:,} rows, checked and imported, against {FLOOR}"
    return [
        rounds.against(OURS, FLOOR, what=what, target=Target(0.70, 0.85)),
        _peak(f"peak memory of it, of {plan.contacts:,} rows", max(peaks)),
        _peak(
            f"peak memory of an import of an XLSX file of {plan.workbook_rows:,} rows",
            workbook.peak_mib,
            f"it took {workbook.seconds:.1f} s",
        ),
    ]


def _peak(what: str, mib: float, detail: str = "") -> Row:
    return Row(what, mib, " MiB", target=Target(_MOST_MIB, is_ceiling=True), detail=detail)


def _fresh(bench: Bench, measure: Callable[[Portal], Alone]) -> tuple[int, Alone]:
    """How many contacts the measurement made, and what it took."""
    with bench.folder() as folder, embedded_portal(folder) as portal:
        portal.command("create_organisation", PEOPLE, "--manager", manager_of(PEOPLE))
        done = measure(portal)
        return portal.ask("contacts_count", PEOPLE), done


def _floor(portal: Portal, *, count: int) -> Alone:
    organisation, city = portal.ask("field_add", PEOPLE, "Город")
    file = portal.folder / "ready.csv"
    write_ready(file, count, organisation_id=organisation, city_id=city)
    return portal.alone("-m", "tests.benchmarks.floor", portal.database, str(file))


def _ours(portal: Portal, *, count: int, write: Callable[[Path, int], None]) -> Alone:
    portal.ask("field_add", PEOPLE, "Город")
    file = portal.folder / f"people.{write.__name__.rpartition('_')[2]}"
    write(file, count)
    return portal.alone("manage.py", "import_contacts", "--as", manager_of(PEOPLE), str(file))
