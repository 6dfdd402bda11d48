"""Rates of several rounds, and the rows of the result."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Target:
    """What a figure should reach, or stay under where it is a ceiling."""

    least: float
    aim: float | None = None
    is_ceiling: bool = False

    def verdict(self, figure: float) -> str:
        if self.aim is not None and self._reaches(figure, self.aim):
            return "aim met"
        if self._reaches(figure, self.least):
            return "met"
        return f"missed by {abs(figure / self.least - 1):.0%}"

    def _reaches(self, figure: float, wanted: float) -> bool:
        return figure <= wanted if self.is_ceiling else figure >= wanted


@dataclass(frozen=True)
class Row:
    """A line of the result; ``unit`` follows each of its figures. Without target: to know."""

    what: str
    figure: float
    unit: str = "×"
    target: Target | None = None
    detail: str = ""


@dataclass
class Rounds:
    """Rates by name, one for each round; what is compared was measured in the same round."""

    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, rate: float) -> float:
        self.rates[name].append(rate)
        return rate

    def median(self, name: str) -> float:
        return median(self.rates[name])

    def ratio(self, name: str, to: str) -> float:
        pairs = zip(self.rates[name], self.rates[to], strict=True)
        return median(one / other for one, other in pairs)

    def against(self, name: str, to: str, *, what: str, target: Target | None = None) -> Row:
        detail = f"{_rate(self.median(name))} against {_rate(self.median(to))}"
        return Row(what, self.ratio(name, to), target=target, detail=f"{detail} a second")

    def row(self, name: str) -> Row:
        low, high = min(self.rates[name]), max(self.rates[name])
        return Row(name, self.median(name), " a second", detail=f"{_rate(low)} to {_rate(high)}")


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"
