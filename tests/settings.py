"""The portal's own settings with a data folder of the tests' own and quick password hashes."""

import os
from pathlib import Path

os.environ.setdefault(
    "PORTAL_DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "tests")
)
os.environ.setdefault("EMAIL_URL", "memorymail:")

from portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked up when asked for, not listed anew for every test client.
WHITENOISE_AUTOREFRESH = True
