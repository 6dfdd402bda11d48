"""A worker that is killed amid a mailing.

Usage: ``python -m tests.crash.dying_mailing MAILING POINT NTH``. The mailing knows nothing of this:
what it calls is wrapped from outside, and its batches are of ``ROWS`` rows.
"""

import sys
from enum import StrEnum

import django

from tests.crash.dying_import import die_after

ROWS = 10


class MailingPoint(StrEnum):
    """Moments of the work."""

    GATHERED_UNCOMMITTED = "gathered_uncommitted"
    WRITTEN_UNCOMMITTED = "written_uncommitted"
    WRITTEN = "written"
    SUMMED_UNCOMMITTED = "summed_uncommitted"
    ENQUEUED_UNCOMMITTED = "enqueued_uncommitted"
    SUBMITTED = "submitted"


def arrange(point: MailingPoint, nth: int) -> None:
    from portal.messaging.mailings import preparing, submitting

    preparing.ROWS_PER_STEP = ROWS
    match point:
        case MailingPoint.GATHERED_UNCOMMITTED:
            die_after(preparing, "people_gather", nth)
        case MailingPoint.WRITTEN_UNCOMMITTED:
            die_after(preparing, "_write", nth)
        case MailingPoint.WRITTEN:
            die_after(preparing, "_step", nth)
        case MailingPoint.SUMMED_UNCOMMITTED:
            die_after(preparing, "snapshot_take", nth)
        case MailingPoint.ENQUEUED_UNCOMMITTED:
            die_after(submitting, "_wave_enqueue", nth)
        case MailingPoint.SUBMITTED:
            die_after(submitting, "_submit", nth)


def main(mailing_id: str, point: str, nth: str) -> None:
    django.setup()
    arrange(MailingPoint(point), int(nth))
    from portal.messaging.mailings.work import work_slice

    work_slice(int(mailing_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
