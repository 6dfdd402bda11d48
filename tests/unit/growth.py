"""How work grows with what it is given."""

import gc
import time
from collections.abc import Callable

from hypothesis import strategies as st

_SIZES = (800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200)
_UNNOTICED_SECONDS = 0.3
_MOST_GROWTH = 9

# One piece over and over, then what it does not go on with: where a pattern that has several ways
# to read the piece tries them all.
HOSTILE = st.builds(
    lambda piece, tail: (piece, tail),
    st.text(" (+)0179-.,;:/\\'\"=_xeEТдТ#[\t\n\u00a0\u0301\u0316\U0001d165\u302e", min_size=1).map(
        lambda text: text[:3]
    ),
    st.sampled_from(["", "!", "x", "\x00", "=", "9"]),
)


def assert_linear(work: Callable[[str], object], piece: str, tail: str) -> None:
    """Four times as long a text takes nothing like sixteen times the time, to 50,000 characters."""
    spent: dict[int, float] = {}
    for size in _SIZES:
        spent[size] = _seconds(work, (piece * size)[:size] + tail)
        before = spent.get(size // 4, 0.0)
        assert spent[size] < max(_UNNOTICED_SECONDS, before * _MOST_GROWTH), spent


def _seconds(work: Callable[[str], object], text: str) -> float:
    gc.disable()  # whose time grows with all that there is
    try:
        begun = time.process_time()
        work(text)
        return time.process_time() - begun
    finally:
        gc.enable()
