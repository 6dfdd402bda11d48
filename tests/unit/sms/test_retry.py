from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.retry import Phase, Verdict, backoff, judge

BEFORE_DOT = [phase for phase in Phase if phase is not Phase.DOT]
JITTER = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("phase", BEFORE_DOT)
@pytest.mark.parametrize("code", [None, 421, 450, 451, 454, 250, 999, 0])
def test_before_the_dot_a_passing_failure_is_retried(phase: Phase, code: int | None) -> None:
    assert judge(phase, code) is Verdict.RETRY


@pytest.mark.parametrize("phase", BEFORE_DOT)
@pytest.mark.parametrize("code", [500, 530, 535, 550, 554])
def test_before_the_dot_a_permanent_refusal_pauses_the_account(phase: Phase, code: int) -> None:
    assert judge(phase, code) is Verdict.PAUSE_ACCOUNT


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (250, Verdict.ACCEPTED),
        (251, Verdict.ACCEPTED),
        (421, Verdict.RETRY),
        (452, Verdict.RETRY),
        (550, Verdict.REJECTED),
        (554, Verdict.REJECTED),
        (None, Verdict.UNCERTAIN),
        (354, Verdict.UNCERTAIN),
        (100, Verdict.UNCERTAIN),
        (0, Verdict.UNCERTAIN),
        (999, Verdict.UNCERTAIN),
    ],
)
def test_after_the_dot_only_a_clear_reply_settles_it(code: int | None, verdict: Verdict) -> None:
    assert judge(Phase.DOT, code) is verdict


@given(JITTER)
def test_the_first_retry_is_within_thirty_seconds(jitter: float) -> None:
    assert timedelta(seconds=10) <= backoff(1, jitter=jitter) <= timedelta(seconds=30)


@given(st.integers(1, 10**9), JITTER)
def test_no_pause_is_over_fifteen_minutes(attempt: int, jitter: float) -> None:
    assert backoff(attempt, jitter=jitter) <= timedelta(minutes=15)


@given(st.integers(1, 1000), JITTER)
def test_pauses_never_shrink(attempt: int, jitter: float) -> None:
    assert backoff(attempt, jitter=jitter) <= backoff(attempt + 1, jitter=jitter)


@pytest.mark.parametrize(("attempt", "jitter"), [(0, 0.0), (1, 1.0), (1, -0.1)])
def test_arguments_out_of_range_are_refused(attempt: int, jitter: float) -> None:
    with pytest.raises(ValueError, match=r"attempt|jitter"):
        backoff(attempt, jitter=jitter)
