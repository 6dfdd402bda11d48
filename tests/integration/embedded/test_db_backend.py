"""Django projects of their own over the embedded backend, run as processes of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.embedded.postgres import EmbeddedPostgres

_SETTINGS = """
import os
from pathlib import Path

SECRET_KEY = "a project of the tests"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
DATABASES = {"default": {
    "ENGINE": "portal.embedded.db", "NAME": "portal", "DATA_DIR": Path(os.environ["PROJECT_DATA"]),
}}
"""
_TESTS = """
import pytest
from django.contrib.auth.models import User
from django.db import connection

@pytest.mark.django_db
@pytest.mark.parametrize("number", range(6))
def test_each_finds_an_empty_test_database(number):
    assert connection.settings_dict["NAME"].startswith("test_portal_gw")
    User.objects.create(username="one")
    assert User.objects.count() == 1
"""


class Project:
    """A Django project in a folder, with its data in a server's data folder."""

    def __init__(self, folder: Path, server: EmbeddedPostgres) -> None:
        self._folder = folder
        self._data = server.data_dir
        (folder / "project_settings.py").write_text(_SETTINGS)
        (folder / "test_project.py").write_text(_TESTS)

    def run(self, *command: str) -> str:
        finished = subprocess.run(
            [sys.executable, *command],
            cwd=self._folder,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": f"{self._folder}:{Path(__file__).parents[3]}",
                "DJANGO_SETTINGS_MODULE": "project_settings",
                "PROJECT_DATA": str(self._data),
            },
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return finished.stdout


@pytest.fixture
def project(tmp_path: Path, server: EmbeddedPostgres) -> Project:
    return Project(tmp_path, server)


def test_setting_up_django_starts_nothing(project: Project, server: EmbeddedPostgres) -> None:
    project.run("-c", "import django; django.setup(); from django.db import connection; connection")
    project.run("-m", "django", "check")
    assert not server.data_dir.exists()


def test_migrate_starts_the_server_and_leaves_it_running(
    project: Project, server: EmbeddedPostgres
) -> None:
    assert "Applying auth.0001_initial... OK" in project.run("-m", "django", "migrate")
    assert server.is_running()
    assert "[X] 0001_initial" in project.run("-m", "django", "showmigrations")


def test_tests_in_two_processes_have_databases_of_their_own(
    project: Project, server: EmbeddedPostgres
) -> None:
    out = project.run("-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "test_project.py")
    assert "6 passed" in out
    assert server.is_running()
