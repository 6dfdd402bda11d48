"""Reading the administrators' pages."""

from html import unescape
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse


def page_url(obj: models.Model | type[models.Model], page: str, *arguments: object) -> str:
    """The admin's URL of ``page`` (``changelist add change action``); of the object itself where
    it is one."""
    keys = [obj.pk, *arguments] if isinstance(obj, models.Model) else list(arguments)
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=keys)


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def press(browser: Client, obj: models.Model, action: str, **fields: str) -> HttpResponse:
    """Press the object's button, and see the page that comes of it."""
    return browser.post(page_url(obj, "action", action), fields, follow=True)


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def errors_of(response: Any) -> dict[str, list[str]]:
    """Errors by field of the form shown; "__all__" for those of the whole form."""
    form = response.context.get("form") or response.context["adminform"].form
    return {field: [str(error) for error in errors] for field, errors in form.errors.items()}
