"""The settings as the environment makes them; what cannot be meant stops the start by its name."""

import os
import runpy
import warnings
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from pytest_django import Settings
from whitenoise.middleware import WhiteNoiseMiddleware

from portal.core.keys import new_encryption_key

SETTINGS = Path(__file__).resolve().parents[3] / "portal" / "settings.py"
SERVER = {
    "DATABASE_URL": "postgres://portal:c4nary@127.0.0.1:5432/portal",
    "CELERY_BROKER_URL": "redis://127.0.0.1/0",
    "PORTAL_SECRET_KEY": "x" * 50,
    "PORTAL_ENCRYPTION_KEYS": f"{new_encryption_key()}, {new_encryption_key()}",
}
OWN_PREFIXES = ("PORTAL_", "EMAIL_URL", "DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have set any of them."""
    for name in [name for name in os.environ if name.startswith(OWN_PREFIXES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))


def settings_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_LEASE_SECONDS", "0"),
        ("PORTAL_LEASE_SECONDS", "soon"),
        ("PORTAL_LEASE_SECONDS", "٦٠"),
        ("PORTAL_DOT_TIMEOUT_SECONDS", "-1"),
        ("PORTAL_DOT_TIMEOUT_SECONDS", "0"),
        ("PORTAL_SMTP_TIMEOUT_SECONDS", "0"),
        ("PORTAL_SMTP_TIMEOUT_SECONDS", "1.5"),
        ("PORTAL_METRICS_TOKEN", "c4nary"),
        ("PORTAL_METRICS_TOKEN", "c4nary of several words"),
        ("PORTAL_METRICS_TOKEN", "c4nary-с-буквами"),
        ("PORTAL_HEALTH_OLDEST_DUE_SECONDS", "0"),
        ("PORTAL_TRUSTED_PROXIES", "x"),
        ("PORTAL_TRUSTED_PROXIES", "-1"),
        ("PORTAL_DEBUG", "maybe"),
        ("PORTAL_LOG_LEVEL", "foo"),
        ("PORTAL_EHLO_NAME", "two words"),
        ("PORTAL_EHLO_NAME", "имя"),
        ("PORTAL_EHLO_NAME", " "),
        ("PORTAL_BASE_URL", "sms.example.com"),
        ("PORTAL_BASE_URL", "ftp://sms.example.com"),
        ("PORTAL_BASE_URL", "https://"),
        ("PORTAL_BASE_URL", "https://[sms"),
        ("PORTAL_ENCRYPTION_KEYS", "c4nary"),
        ("EMAIL_URL", "smpt://mail.example.com"),
        ("EMAIL_URL", "mail.example.com"),
        ("EMAIL_URL", "smtp://u:c4nary@mail.example.com:port"),
        ("DATABASE_URL", "mysql://u:c4nary@127.0.0.1/portal"),
        ("DATABASE_URL", "portal"),
        ("DATABASE_URL", "postgres://u:c4nary@127.0.0.1:port/portal"),
        ("PORTAL_SECRET_KEY", " "),
        ("CELERY_BROKER_URL", ""),
        ("DATABASE_URL", ""),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        settings_with(monkeypatch, **(SERVER | {name: value}))

    assert name in str(stopped.value)
    assert "c4nary" not in str(stopped.value)


def test_good_values_of_a_server_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(
        monkeypatch,
        **SERVER,
        PORTAL_DEBUG="Yes",
        PORTAL_LOG_LEVEL="warning",
        PORTAL_TRUSTED_PROXIES="1",
        PORTAL_LEASE_SECONDS="2",
        PORTAL_METRICS_TOKEN="aGVsbG8gdGhlcmUsIHdvcmxk==",
        PORTAL_EHLO_NAME="sms.example.com",
        PORTAL_BASE_URL="https://sms.example.com/",
        PORTAL_ALLOWED_HOSTS="sms.example.com, localhost",
        EMAIL_URL="smtp+tls://portal:c4nary@mail.example.com:587",
    )

    assert settings["DEBUG"] is True
    assert settings["LOGGING"]["root"]["level"] == "WARNING"
    assert settings["TRUSTED_PROXY_COUNT"] == 1
    assert settings["DELIVERY_LEASE_SECONDS"] == 2
    assert settings["METRICS_TOKEN"] == "aGVsbG8gdGhlcmUsIHdvcmxk=="
    assert settings["BASE_URL"] == "https://sms.example.com"
    assert settings["ALLOWED_HOSTS"] == ["sms.example.com", "localhost"]
    assert (settings["EMAIL_HOST"], settings["EMAIL_USE_TLS"]) == ("mail.example.com", True)
    assert settings["DATABASES"]["default"]["HOST"] == "127.0.0.1"
    assert len(settings["ENCRYPTION_KEYS"]) == 2
    assert settings["STATIC_ROOT"].name == "staticfiles"


def test_a_value_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lease").write_text("7\n")

    settings = settings_with(monkeypatch, PORTAL_LEASE_SECONDS_FILE=str(tmp_path / "lease"))

    assert settings["DELIVERY_LEASE_SECONDS"] == 7


def test_a_key_that_begins_with_a_dollar_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = "$PATH" + "x" * 50
    (tmp_path / "key").write_text(key)

    assert settings_with(monkeypatch, **SERVER | {"PORTAL_SECRET_KEY": key})["SECRET_KEY"] == key
    monkeypatch.delenv("PORTAL_SECRET_KEY")
    without = {name: value for name, value in SERVER.items() if name != "PORTAL_SECRET_KEY"}
    in_file = {"PORTAL_SECRET_KEY_FILE": str(tmp_path / "key")}
    assert settings_with(monkeypatch, **without, **in_file)["SECRET_KEY"] == key


def test_nothing_set_is_the_embedded_mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = settings_with(monkeypatch)

    assert made["EMBEDDED"]
    assert made["DEBUG"] is False
    assert made["EMAIL_FILE_PATH"] == str(tmp_path / "mail")


def test_the_embedded_mode_starts_without_collected_static_files(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    made = settings_with(monkeypatch)
    settings.STATIC_ROOT = made["STATIC_ROOT"]
    settings.WHITENOISE_USE_FINDERS = made["WHITENOISE_USE_FINDERS"]
    settings.WHITENOISE_AUTOREFRESH = False

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        served = WhiteNoiseMiddleware(lambda _request: HttpResponse())

    assert any(url.endswith("portal/portal.css") for url in served.files)
