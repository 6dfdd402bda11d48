"""A demo organisation, so that the first SMS is a minute away."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from portal.accounts.administration import user_new_password
from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.accounts.services import (
    administrator_create,
    member_create,
    organisation_create,
)
from portal.contacts.models import Contact, Group
from portal.contacts.names import parts_of
from portal.delivery.gateways import gateway_set
from portal.delivery.models import GatewayAccount, SecurityChoice
from portal.embedded.sandbox import SandboxAccount, write_accounts
from portal.senders.models import SenderState
from portal.senders.services import sender_name_decide, sender_name_request
from sms.secret import Secret

ORGANISATION = "Демо"
SENDER = "DEMO"
SMS_USER = "demo"
MAILBOX = "email2sms@sandbox.example"
SANDBOX_HOST = "127.0.0.1"
ADMINISTRATOR = "admin@demo.example"
MANAGER = "manager@demo.example"
MEMBERS: Mapping[str, tuple[str, Role]] = {
    MANAGER: ("Мария Менеджер", Role.MANAGER),
    "sender@demo.example": ("Семён Отправитель", Role.SENDER),
    "auditor@demo.example": ("Анна Наблюдатель", Role.AUDITOR),
}
CONTACTS: Mapping[str, str] = {
    "79210000000": "Иванов Пётр Сергеевич",
    "79111234567": "Соколова Ольга",
    "79070000000": "Кузнецов Илья",
    "79131234567": "Алёхина Вера Павловна",
}
GROUP = "Клиенты"


@dataclass(frozen=True)
class Login:
    email: str
    role: str
    password: str


@transaction.atomic
def demo_create() -> list[Login]:
    """Make the demo organisation, its people, sender name and contacts; the passwords are
    returned once. Nothing where there is any organisation already."""
    if Organisation.objects.exists():
        return []
    organisation = organisation_create(
        name=ORGANISATION, actor=None, price_per_segment=Decimal("2.50")
    )
    administrator, password = administrator_create(email=ADMINISTRATOR, actor=None)
    logins = [_login(administrator, "administrator", password)]
    for email, (name, role) in MEMBERS.items():
        member, password = member_create(
            organisation=organisation, email=email, role=role, name=name, actor=None
        )
        logins.append(_login(member, role.value, password))
    _approved_sender(organisation, administrator)
    _contacts(organisation)
    return logins


@transaction.atomic
def demo_new_passwords() -> list[Login]:
    """New passwords of the demo's people, returned once."""
    people = User.objects.filter(email__in=[ADMINISTRATOR, *MEMBERS]).order_by("pk")
    return [
        _login(user, user.role or "administrator", user_new_password(user=user, actor=None))
        for user in people
    ]


def _login(user: User, role: str, password: str) -> Login:
    # The demo's passwords are for trying it out at once, not for handing over to somebody.
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    return Login(user.email, role, password)


def _approved_sender(organisation: Organisation, administrator: User) -> None:
    manager = User.objects.get(email=MANAGER)
    sender_name = sender_name_request(organisation=organisation, value=SENDER, actor=manager)
    sender_name_decide(sender_name=sender_name, state=SenderState.APPROVED, actor=administrator)


def _contacts(organisation: Organisation) -> None:
    group = Group.objects.create(organisation=organisation, name=GROUP)
    for phone, name in CONTACTS.items():
        parts = parts_of(name)._asdict()
        group.contacts.add(Contact.objects.create(organisation=organisation, phone=phone, **parts))


def sandbox_connect(*, port: int, accounts_path: Path) -> None:
    """Lead the demo organisation's gateway to the sandbox operator on ``port``.

    A gateway that somebody has led to another operator stays as it is.
    """
    organisation = Organisation.objects.filter(name=ORGANISATION).first()
    if organisation is None:
        return
    account = GatewayAccount.objects.filter(organisation=organisation).first()
    if account is None:
        account = _sandbox_gateway(organisation, port)
    if (account.host, account.mailbox) != (SANDBOX_HOST, MAILBOX):
        return
    gateway_set(organisation=organisation, actor=None, changes={"port": port})
    assert account.sms_password is not None, "the database has it for every account"
    write_accounts(
        accounts_path,
        [
            SandboxAccount(
                sms_user=account.sms_user,
                password=account.sms_password,
                # The demo is for trying things out: a name approved here may be used at once.
                senders=None,
                mailbox=MAILBOX,
            )
        ],
    )


def _sandbox_gateway(organisation: Organisation, port: int) -> GatewayAccount:
    return gateway_set(
        organisation=organisation,
        actor=None,
        changes={
            "host": SANDBOX_HOST,
            "port": port,
            "security": SecurityChoice.NONE,
            "mailbox": MAILBOX,
            "from_address": "portal@demo.example",
            "sms_user": SMS_USER,
            "sms_password": Secret(secrets.token_urlsafe(12)),
        },
    )
