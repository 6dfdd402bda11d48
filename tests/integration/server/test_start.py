"""Server mode starts only when it was told everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NEEDED = {
    "PORTAL_SECRET_KEY": "canary-secret",
    "PORTAL_ENCRYPTION_KEYS": "canary-encryption",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1",
}
DOORS = {
    "manage.py": ["manage.py", "check"],
    "web": ["-c", "import portal.wsgi"],
    "worker": ["-m", "celery", "-A", "portal", "worker"],
    "beat": ["-m", "celery", "-A", "portal", "beat"],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("lacking", NEEDED)
def test_a_missing_key_stops_the_start_by_its_name(door: str, lacking: str, tmp_path: Path) -> None:
    told = {name: value for name, value in NEEDED.items() if name != lacking}
    ended = subprocess.run(
        [sys.executable, *DOORS[door]],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PORTAL_DATA_DIR": str(tmp_path / "data"),
            "DATABASE_URL": "postgres://portal:canary-db@127.0.0.1:1/portal",
            **told,
        },
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert f"{lacking} (or {lacking}_FILE) must be set" in ended.stderr
    assert "canary" not in ended.stdout + ended.stderr
    assert not (tmp_path / "data").exists()
