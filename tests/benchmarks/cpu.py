"""Who spends the processors: seconds of CPU by process, its children included (Linux)."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _CHILDREN_END = 1, 11, 15


def cpu_seconds(owners: Mapping[str, list[int]]) -> dict[str, float]:
    """So much each name's processes and all they started have used, those that ended too."""
    table = _table()
    return {name: sum(_of_family(pid, table) for pid in pids) for name, pids in owners.items()}


def _of_family(pid: int, table: Mapping[int, tuple[int, float]]) -> float:
    children = [child for child, (parent, _used) in table.items() if parent == pid]
    return table[pid][1] + sum(_of_family(child, table) for child in children)


def _table() -> dict[int, tuple[int, float]]:
    """Parent and CPU seconds of every process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            # It has ended meanwhile.
            continue
        ticks = sum(map(int, fields[_USER:_CHILDREN_END]))
        found[int(folder.name)] = (int(fields[_PARENT]), ticks / _TICKS)
    return found
