"""Commits of long work that goes on from where it stands."""

from django.db import connection


def commit_without_waiting() -> None:
    """This transaction's commit does not wait for the disk. All commits reach it in their order: of
    a database that crashes the last few may be gone, whole, with the place that they came to. For
    steps that are simply done again; the last one, of which somebody is told, waits."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
