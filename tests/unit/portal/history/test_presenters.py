"""States as people read them."""

from datetime import UTC, datetime
from itertools import pairwise

from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.delivery.models import OutboxEntry, State
from portal.delivery.selectors import Standing
from portal.history.presenters import (
    BAR_WIDTH,
    TONES,
    figures,
    fingerprint,
    message_badge,
    progress_words,
)

SHOWN = [state.value for state in State if state != State.REPLACED]
COUNTS = st.dictionaries(st.sampled_from(SHOWN), st.integers(1, 1_000_000), min_size=1)


@given(COUNTS)
def test_figures_count_everybody_once(counts: dict[str, int]) -> None:
    assert sum(figure.count for figure in figures(counts)) == sum(counts.values())


@given(COUNTS)
def test_the_bar_is_filled_from_end_to_end(counts: dict[str, int]) -> None:
    parts = figures(counts)

    assert parts[0].x == 0
    assert parts[-1].x + parts[-1].width >= BAR_WIDTH
    for part, following in pairwise(parts):
        assert part.x + part.width >= following.x


@given(COUNTS)
def test_every_message_has_a_badge_with_words(counts: dict[str, int]) -> None:
    badge = message_badge(Standing(counts, None))

    assert badge.words
    assert badge.tone in set(TONES.values())


def words_of(counts: dict[str, int], entry: OutboxEntry | None = None) -> str:
    with translation.override("en"):
        return message_badge(Standing(counts, entry)).words


def test_a_message_of_which_nothing_was_accepted_is_not_partly_accepted() -> None:
    assert words_of({"rejected": 1, "cancelled": 1}) == "not sent"
    assert words_of({"accepted": 1, "rejected": 1}) == "partly accepted"


def test_a_message_is_paused_while_something_of_it_waits() -> None:
    paused = OutboxEntry(paused_at=datetime.now(UTC), paused_by_id=1)
    cancelled = OutboxEntry(paused_at=datetime.now(UTC), paused_by_id=1, cancelled_by_id=1)

    assert words_of({"accepted": 1, "transmitting": 1, "queued": 1}, paused) == "paused"
    assert words_of({"accepted": 1, "transmitting": 1}, paused) == "being sent"
    assert words_of({"cancelled": 1, "transmitting": 1, "queued": 1}, cancelled) == "being sent"
    assert words_of({"held": 1}, paused) == "held"


def test_a_message_is_done_when_nothing_waits_for_anybody() -> None:
    with translation.override("en"):
        assert progress_words({"accepted": 2, "rejected": 1}).startswith("Done")
        for waiting in ("queued", "held", "uncertain", "transmitting"):
            assert progress_words({"accepted": 2, waiting: 1}).startswith("So far")


def test_who_is_skipped_is_not_counted_as_not_accepted() -> None:
    with translation.override("en"):
        words = progress_words({"accepted": 277, "skipped": 2})
        assert progress_words({"skipped": 2}) == "Not sent. Skipped: 2."

    assert words == "Done: the operator accepted 277 of 277. Skipped: 2."


def test_a_fingerprint_tells_other_counts() -> None:
    assert fingerprint({"queued": 1}) == fingerprint({"queued": 1})
    assert fingerprint({"queued": 1}) != fingerprint({"accepted": 1})
