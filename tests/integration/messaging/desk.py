"""A member at work in an organisation that may send."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Organisation, User
from portal.delivery.models import Message
from portal.senders.models import SenderName


@dataclass
class Desk:
    """A signed-in member and the form as they would fill it in."""

    client: Client
    member: User
    sender: SenderName

    @property
    def organisation(self) -> Organisation:
        assert self.member.organisation is not None
        return self.member.organisation

    def filled_in(self, **changes: Any) -> dict[str, Any]:
        return {
            "sender": self.sender.value,
            "numbers": "8 (921) 000-00-00",
            "text": "Привет, мир!",
            "form_key": uuid.uuid4().hex,
            **changes,
        }

    def confirm(self, **changes: Any) -> HttpResponse:
        return self._post("confirm", self.filled_in(**changes))

    def send(self, **changes: Any) -> HttpResponse:
        return self._post("send", self.filled_in(**changes))

    def live(self, **changes: Any) -> HttpResponse:
        return self._post("live", self.filled_in(**changes))

    def _post(self, name: str, data: dict[str, Any]) -> HttpResponse:
        response = self.client.post(reverse(f"messaging:{name}"), data)
        assert isinstance(response, HttpResponse)
        return response

    def messages(self) -> list[Message]:
        return list(Message.objects.filter(organisation=self.organisation).order_by("id"))
