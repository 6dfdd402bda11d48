"""Reading /metrics as Prometheus would."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-for-the-scraper"


def scrape(**headers: str) -> dict[str, float]:
    """Values by name and labels: ``sms_portal_claims{account=1}``."""
    response = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}", **headers})
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    return {
        name_of(sample.name, **sample.labels): sample.value
        for family in families
        for sample in family.samples
    }


def name_of(name: str, **labels: object) -> str:
    inside = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}"
