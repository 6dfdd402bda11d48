"""Every setting of the portal; the environment is read here and nowhere else.

Each variable has a ``_FILE`` twin that names a file holding the value; a bad value stops the start
with the variable's name. Without ``DATABASE_URL`` the portal runs embedded: its own PostgreSQL,
broker and keys under ``PORTAL_DATA_DIR``.
"""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from portal import environment
from portal.core.keys import is_encryption_key, new_encryption_key, new_secret_key
from portal.embedded.broker import filesystem_broker
from portal.embedded.keys import embedded_key

BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = Path(environment.text("PORTAL_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
EMBEDDED = not environment.text("DATABASE_URL")

if EMBEDDED:
    # Celery would heed it and leave the embedded broker to nobody.
    if environment.text("CELERY_BROKER_URL"):
        raise ImproperlyConfigured("CELERY_BROKER_URL is set, but DATABASE_URL is not")
    SECRET_KEY = environment.text("PORTAL_SECRET_KEY") or embedded_key(
        DATA_DIR, "secret_key", new_secret_key
    )
    ENCRYPTION_KEYS = environment.listed("PORTAL_ENCRYPTION_KEYS") or [
        embedded_key(DATA_DIR, "encryption_key", new_encryption_key)
    ]
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {"ENGINE": "portal.embedded.db", "NAME": "portal", "DATA_DIR": DATA_DIR},
    }
    CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = filesystem_broker(DATA_DIR)
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "portal_cache",
            # Throttle counters must not be pushed out by a flood of other keys.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
else:
    SECRET_KEY = environment.required_in_server_mode("PORTAL_SECRET_KEY")
    environment.required_in_server_mode("PORTAL_ENCRYPTION_KEYS")
    ENCRYPTION_KEYS = environment.listed("PORTAL_ENCRYPTION_KEYS")
    DATABASES = {"default": environment.postgres_database("DATABASE_URL")}
    DATABASES["default"]["OPTIONS"] = {
        # Neither side waits longer than this for one that vanished without a word; locks included.
        "tcp_user_timeout": 25_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": " ".join(
            f"-c {name}"
            for name in (
                "tcp_keepalives_idle=10",
                "tcp_keepalives_interval=5",
                "tcp_keepalives_count=3",
                "idle_in_transaction_session_timeout=60s",
            )
        ),
        **DATABASES["default"].get("OPTIONS", {}),
    }
    CELERY_BROKER_URL = environment.required_in_server_mode("CELERY_BROKER_URL")
    # Who rings waits a second at most for a broker that is away: the sweep finds what was left.
    CELERY_BROKER_CONNECTION_TIMEOUT = 1
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 0,
        # Redis
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
        "health_check_interval": 10,
        # RabbitMQ
        "read_timeout": 1,
        "write_timeout": 1,
    }
    CACHE_URL = environment.text("CACHE_URL") or CELERY_BROKER_URL
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            # No page waits for a silent cache.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
        if CACHE_URL.startswith("redis")
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "portal_cache",
            # Throttle counters must not be pushed out by a flood of other keys.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

for key in ENCRYPTION_KEYS:
    if not is_encryption_key(key):
        raise ImproperlyConfigured("PORTAL_ENCRYPTION_KEYS holds something that is no Fernet key")

# A page may wait for PostgreSQL, never for ever.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    **DATABASES["default"].get("OPTIONS", {}),
}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DEBUG = environment.flag("PORTAL_DEBUG")
BASE_URL = environment.web_address("PORTAL_BASE_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = environment.listed("PORTAL_ALLOWED_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
HTTPS = BASE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []
# Only a proxy that strips the header from clients may say where a request came from.
TRUSTED_PROXY_COUNT = environment.whole_number("PORTAL_TRUSTED_PROXIES", default=0, at_least=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "portal.core",
    "portal.audit",
    "portal.accounts",
    "portal.contacts",
    "portal.senders",
    "portal.billing",
    "portal.delivery",
    "portal.messaging",
    "portal.history",
    "portal.operations",
    "portal.embedded",
    "portal.quickstart",
    "portal.core.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "bootstrap",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "pgtrigger",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.operations.middleware.ProbeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.audit.middleware.OriginMiddleware",
    "portal.accounts.middleware.OneTimePasswordMiddleware",
    "portal.accounts.middleware.OrganisationTimeZoneMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "portal.navigation.sections",
            ],
        },
    },
]

# Sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS = {
    # An office signs in from one address at nine o'clock; guesses have limits of their own.
    "login": "100/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS and not TRUSTED_PROXY_COUNT
# Probes and scrapers come past the proxy, from inside.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30 if HTTPS else 0
# The portal speaks for its own host, not for the domain's other hosts.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# Languages
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
FORMAT_MODULE_PATH = "portal.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Moscow"

# Static files come from the web process; a server's image collects and fingerprints them, and
# the embedded mode finds them where they are.
STATIC_URL = "static/"
STATIC_ROOT = None if EMBEDDED else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# The portal's own mail (forgotten passwords, notices)
_email = environment.mail_server("EMAIL_URL")
EMAIL_BACKEND = _email.pop("EMAIL_BACKEND")
EMAIL_FILE_PATH = _email.pop("EMAIL_FILE_PATH", "") or str(DATA_DIR / "mail")
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = environment.text("PORTAL_MAIL_FROM", default="sms-portal@localhost")

# Celery is a doorbell: it carries ids only and keeps no results (ARCHITECTURE.md).
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# RabbitMQ gives what a vanished worker has in hand to another after two of these.
CELERY_BROKER_HEARTBEAT = 10
CELERY_TASK_PUBLISH_RETRY = False
# Workers take from the queues in turn, so that what beat asks for does not wait behind the rings of
# busy accounts. Long work has a queue of its own, so that a worker can be kept free of it for
# deliveries.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("celery", "chores", "background")]
CELERY_TASK_ROUTES = {
    "portal.delivery.tasks.sweep": {"queue": "chores"},
    "portal.delivery.tasks.notices": {"queue": "chores"},
    "portal.contacts.tasks.*": {"queue": "background"},
    "portal.messaging.tasks.sweep": {"queue": "chores"},
    "portal.messaging.tasks.notices": {"queue": "chores"},
    "portal.messaging.tasks.*": {"queue": "background"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker back on a new connection would end: RabbitMQ keeps its control queue for the old one.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"
# In memory: no entry is so rare that its last run were worth a file.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
SWEEP_SECONDS = 10
NOTICES_SECONDS = 30
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "portal.delivery.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        # Beat's messages pile up while no worker runs; one that is busy may come late to them.
        # Without a retry, a broker's restart would leave beat with a broken connection for ever.
        "options": {"expires": 3 * SWEEP_SECONDS, "retry": True},
    },
    "notices": {
        "task": "portal.delivery.tasks.notices",
        "schedule": NOTICES_SECONDS,
        "options": {"expires": 3 * NOTICES_SECONDS, "retry": True},
    },
    "abandoned": {
        "task": "portal.contacts.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS, "retry": True},
    },
    "mailings": {
        "task": "portal.messaging.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": 3 * SWEEP_SECONDS, "retry": True},
    },
    "mailing-notices": {
        "task": "portal.messaging.tasks.notices",
        "schedule": NOTICES_SECONDS,
        "options": {"expires": 3 * NOTICES_SECONDS, "retry": True},
    },
}

# Imports
IMPORT_MAX_BYTES = 2**20 * environment.whole_number("PORTAL_IMPORT_MAX_MB", default=100, at_least=1)
IMPORT_MAX_ROWS = environment.whole_number("PORTAL_IMPORT_MAX_ROWS", default=1_000_000, at_least=1)
# The first of them refuses a file that is too long before it has come whole.
FILE_UPLOAD_HANDLERS = [
    "portal.core.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Mailings
# How late a planned one may leave that has no "not after" of its own.
MAILING_LATE_MINUTES = environment.whole_number(
    "PORTAL_MAILING_LATE_MINUTES", default=60, at_least=1
)

# Delivery
DELIVERY_LEASE_SECONDS = environment.whole_number("PORTAL_LEASE_SECONDS", default=60, at_least=1)
DELIVERY_DOT_TIMEOUT_SECONDS = environment.whole_number(
    "PORTAL_DOT_TIMEOUT_SECONDS", default=600, at_least=1
)
DELIVERY_SMTP_TIMEOUT_SECONDS = environment.whole_number(
    "PORTAL_SMTP_TIMEOUT_SECONDS", default=30, at_least=1
)
# SMTP connections of one worker process, over all gateway accounts.
DELIVERY_SESSIONS_PER_WORKER = environment.whole_number(
    "PORTAL_SESSIONS_PER_WORKER", default=32, at_least=1
)
# How long an idle run keeps its connections for what may come next.
DELIVERY_LINGER_SECONDS = 1.0
DELIVERY_EHLO_NAME = environment.host_name("PORTAL_EHLO_NAME", default="localhost")
# An extra authority for an operator whose certificate no public one signed.
DELIVERY_CA_FILE = environment.text("PORTAL_CA_FILE_PATH")

# Operations
# Who shows it may read /metrics; without one there is no such page.
METRICS_TOKEN = environment.bearer_token("PORTAL_METRICS_TOKEN")
HEALTH_OLDEST_DUE_SECONDS = environment.whole_number(
    "PORTAL_HEALTH_OLDEST_DUE_SECONDS", default=120, at_least=1
)
HEALTH_OLDEST_SWEEP_SECONDS = 12 * SWEEP_SECONDS
HEALTH_BROKER_TIMEOUT_SECONDS = 2

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": environment.log_level("PORTAL_LOG_LEVEL")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": ["stderr"], "propagate": False},
    },
}
