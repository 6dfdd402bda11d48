"""The Celery application: ``celery -A portal worker`` and ``celery -A portal beat``."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def spare_the_collector(**_: object) -> None:
    """What is loaded by now stays for good: looking through it again and again for garbage takes a
    sixth of a sending worker's time."""
    gc.collect()
    gc.freeze()
