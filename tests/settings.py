"""The portal's own settings with a data folder of the tests' own and quick password hashes."""

import os
from pathlib import Path

os.environ.setdefault(
    "PORTAL_DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "tests")
)
os.environ.setdefault("EMAIL_URL", "memorymail:")

from portal.settings import *  # noqa: F403

if name := os.environ.get("PORTAL_TEST_DATABASE"):
    DATABASES["default"]["NAME"] = name  # noqa: F405
CELERY_BROKER_URL = os.environ.get("PORTAL_TEST_BROKER", "memory://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    CELERY_BROKER_TRANSPORT_OPTIONS if CELERY_BROKER_URL != "memory://" else {}  # noqa: F405
)
STORAGES["staticfiles"]["BACKEND"] = (  # noqa: F405
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked up when asked for, not listed anew for every test client.
WHITENOISE_AUTOREFRESH = True
