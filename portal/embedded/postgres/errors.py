"""What is raised when the embedded database cannot serve."""


class EmbeddedPostgresError(Exception):
    """The embedded database cannot be made, started or stopped.

    `reason` says what failed, `advice` what to do about it, `log_tail` the server's last words
    (empty when it said nothing). `str()` has all three.
    """

    def __init__(self, reason: str, *, advice: str, log_tail: str = "") -> None:
        self.reason = reason
        self.advice = advice
        self.log_tail = log_tail
        parts = [
            reason,
            advice,
            log_tail and f"The server's log ends with:\n{log_tail}",
        ]
        super().__init__("\n".join(part for part in parts if part))
