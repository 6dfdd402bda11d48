import errno

import pytest

from sms.retry import Phase, Verdict
from sms.smtp_failure import failure_from


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENETUNREACH, "unreachable"), "network error ENETUNREACH"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 101] Network"),
            "connection refused",
        ),
        (OSError("Multiple exceptions: [Errno 113] No route"), "network error EHOSTUNREACH"),
        (OSError("s3cret"), "network error unknown"),
    ],
)
def test_a_network_error_is_named_and_retried(error: OSError, reason: str) -> None:
    failure = failure_from(Phase.CONNECT, error)
    assert (failure.phase, failure.reply, failure.reason) == (Phase.CONNECT, None, reason)
    assert failure.verdict is Verdict.RETRY
