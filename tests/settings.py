"""The portal's own settings with a data folder of the tests' own and quick password hashes."""

import os
from pathlib import Path

os.environ.setdefault(
    "PORTAL_DATA_DIR", str(Path(__file__).resolve().parent.parent / "var" / "tests")
)
os.environ.setdefault("EMAIL_URL", "memorymail:")
if broker := os.environ.get("CELERY_BROKER_URL"):
    # Celery heeds this variable above every setting, and the tests' rings must not come to anybody.
    os.environ.setdefault("SERVER_BROKER_URL", broker)
    os.environ.setdefault("CACHE_URL", broker)
    os.environ["CELERY_BROKER_URL"] = "memory://"

from portal.embedded.broker import filesystem_broker
from portal.settings import *  # noqa: F403

if name := os.environ.get("PORTAL_TEST_DATABASE"):
    DATABASES["default"]["NAME"] = name  # noqa: F405
CELERY_BROKER_URL = os.environ.get("PORTAL_TEST_BROKER", "memory://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    CELERY_BROKER_TRANSPORT_OPTIONS if CELERY_BROKER_URL != "memory://" else {}  # noqa: F405
)
if CELERY_BROKER_URL != "memory://":
    os.environ["CELERY_BROKER_URL"] = CELERY_BROKER_URL
if folder := os.environ.get("PORTAL_TEST_BROKER_FOLDER"):
    os.environ.pop("CELERY_BROKER_URL", None)
    CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = filesystem_broker(Path(folder))
STORAGES["staticfiles"]["BACKEND"] = (  # noqa: F405
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
DELIVERY_LINGER_SECONDS = 0
# Tests name what is shown by its original words.
LANGUAGE_CODE = "en"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked up when asked for, not listed anew for every test client.
WHITENOISE_AUTOREFRESH = True
if not EMBEDDED:  # noqa: F405
    CACHES["default"]["KEY_FUNCTION"] = "tests.cache_keys.key_of_this_test"  # noqa: F405
