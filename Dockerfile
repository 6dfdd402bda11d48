FROM python:3.12-slim AS portal

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt
COPY manage.py pyproject.toml ./
COPY sms sms
COPY portal portal
COPY templates templates
COPY static static
# Static files are fingerprinted in the image; the keys of this one step are thrown away.
RUN DATABASE_URL=postgres:///build CELERY_BROKER_URL=memory:// PORTAL_SECRET_KEY=build \
    PORTAL_ENCRYPTION_KEYS="$(python -c 'from portal.core.keys import *; print(new_encryption_key())')" \
    python manage.py collectstatic --noinput \
    && useradd --system --no-create-home portal
USER portal
EXPOSE 8000
# Of this process alone: restarting the site mends no worker.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=5)"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--no-control-socket"]
