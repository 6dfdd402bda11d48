# A shared task defined before the Celery app exists falls silently back to amqp on localhost.
from portal.celery import app as celery_app

__all__ = ["celery_app"]
