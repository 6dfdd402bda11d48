"""How much is measured: the whole run stays under 20 minutes, the quick one under 4."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    rounds: int = 3
    raw_seconds: float = 2.0
    # E-mails of a campaign of one number each, and numbers of one with 80 an e-mail.
    personalised: int = 30_000
    many: int = 320_000
    slow_rounds: int = 2
    # Seconds that a campaign at 50 ms takes at one e-mail a session and round trip.
    slow_seconds: float = 6.0
    slow_sessions: tuple[int, ...] = (8, 16, 32, 64)
    rival_e_mails: int = 10_000
    audiences: tuple[int, ...] = (5_000, 100_000, 1_000_000)
    rows: int = 100_000
    memory: tuple[int, int] = (5_000, 100_000)
    busy_campaign: int = 100_000
    shared_campaign: int = 20_000
    limit_seconds: float = 20.0
    contacts: int = 1_000_000
    workbook_rows: int = 100_000

    def quick(self) -> "Plan":
        return replace(
            self,
            rounds=2,
            raw_seconds=1.0,
            personalised=6_000,
            many=80_000,
            slow_rounds=1,
            slow_seconds=3.0,
            slow_sessions=(8, 64),
            rival_e_mails=2_000,
            audiences=(5_000, 100_000),
            rows=20_000,
            memory=(2_000, 20_000),
            busy_campaign=20_000,
            shared_campaign=5_000,
            limit_seconds=8.0,
            contacts=50_000,
            workbook_rows=10_000,
        )
