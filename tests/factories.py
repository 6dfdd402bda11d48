"""Objects for tests; only the interesting fields need to be spelled out."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from portal.accounts.models import Organisation, Plan, User
from portal.accounts.rights import Role
from portal.contacts.imports.services import (
    Destination,
    import_check,
    import_confirm,
    import_upload,
)
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import (
    Contact,
    ContactField,
    FieldKind,
    Group,
    Import,
    ImportStage,
    ImportTarget,
    StopListEntry,
    StopSource,
)
from portal.delivery.models import GatewayAccount, Message
from portal.messaging.gathering import audience_of
from portal.messaging.models import Mailing, Sheet, Stage, Template
from portal.messaging.services import Order, message_submit
from portal.messaging.sheets.services import sheet_upload
from portal.senders.models import SenderName, SenderState
from sms.secret import Secret

PASSWORD = "correct horse battery"
OPERATOR_PASSWORD = "canary-9f3b-operator"


class OrganisationFactory(factory.django.DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Organisation {n}")

    class Params:
        prepaid = factory.Trait(plan=Plan.PREPAID, price_per_segment=Decimal("2.50"))


class MemberFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    organisation = factory.SubFactory(OrganisationFactory)
    email = factory.Sequence(lambda n: f"member{n}@example.com")
    name = factory.Sequence(lambda n: f"Member {n}")
    role = Role.SENDER
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class AdministratorFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"administrator{n}@example.com")
    is_staff = True
    is_superuser = True
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class ContactFactory(factory.django.DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    class Params:
        name = factory.Sequence(lambda n: f"Иван Петров {n}")

    organisation = factory.SubFactory(OrganisationFactory)
    given_name = factory.LazyAttribute(lambda contact: contact.name)
    phone = factory.Sequence(lambda n: f"7921{n:07d}")


def contacts_made(organisation: Organisation, names: Iterable[str], phones: Iterable[str]) -> None:
    """Many contacts at once."""
    made = [
        ContactFactory.build(organisation=organisation, name=name, phone=phone)
        for name, phone in zip(names, phones, strict=True)
    ]
    for contact in made:
        contact.derive()
    Contact.objects.bulk_create(made)


class ContactFieldFactory(factory.django.DjangoModelFactory[ContactField]):
    class Meta:
        model = ContactField

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Field {n}")
    kind = FieldKind.TEXT
    position = factory.Sequence(lambda n: n)


class GroupFactory(factory.django.DjangoModelFactory[Group]):
    class Meta:
        model = Group

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Group {n}")


class StopFactory(factory.django.DjangoModelFactory[StopListEntry]):
    """Of the whole platform where ``organisation`` is None."""

    class Meta:
        model = StopListEntry

    organisation = factory.SubFactory(OrganisationFactory)
    phone = factory.Sequence(lambda n: f"7999{n:07d}")
    source = StopSource.HAND


def sheet_made(
    author: User,
    content: str | bytes = "Телефон;Имя;Сумма\n8 (921) 000-00-01;Анна;1500\n",
    file_name: str = "list.csv",
) -> Sheet:
    """A spreadsheet as it is uploaded, read and named by itself."""
    octets = content if isinstance(content, bytes) else content.encode("windows-1251")
    return sheet_upload(actor=author, file_name=file_name, chunks=[octets])


def import_made(
    author: User,
    content: str | bytes = "ФИО;Телефон\nПетров Иван;8 (921) 000-00-01\n",
    stage: ImportStage = ImportStage.UPLOADED,
    *,
    target: ImportTarget = ImportTarget.CONTACTS,
    **destination: Any,
) -> Import:
    """An import that has come to the stage through the real doors; no worker is rung for."""
    octets = content if isinstance(content, bytes) else content.encode("windows-1251")
    source = import_upload(actor=author, target=target, file_name="list.csv", chunks=[octets])
    if stage == ImportStage.UPLOADED:
        return source
    import_check(
        source=source,
        columns=source.columns,
        destination=Destination(**destination),
        actor=author,
    )
    if stage != ImportStage.CHECKING:
        work_to_the_end(source.pk)
    if stage not in (ImportStage.CHECKING, ImportStage.CHECKED):
        import_confirm(source=source, actor=author)
    if stage == ImportStage.DONE:
        work_to_the_end(source.pk)
    source.refresh_from_db()
    assert source.stage == stage, source.failure
    return source


class SenderNameFactory(factory.django.DjangoModelFactory[SenderName]):
    class Meta:
        model = SenderName

    organisation = factory.SubFactory(OrganisationFactory)
    value = factory.Sequence(lambda n: f"ACME{n}")
    state = SenderState.APPROVED


class TemplateFactory(factory.django.DjangoModelFactory[Template]):
    """The organisation's, or of its ``owner``."""

    class Meta:
        model = Template

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Template {n}")
    text = "Привет, {имя|друг}!"


class GatewayAccountFactory(factory.django.DjangoModelFactory[GatewayAccount]):
    class Meta:
        model = GatewayAccount

    organisation = factory.SubFactory(OrganisationFactory)
    host = "127.0.0.1"
    port = 2525
    security = "none"
    from_address = "portal@example.com"
    mailbox = "email2sms@example.org"
    sms_user = "acme"
    sms_password = factory.LazyFunction(lambda: Secret(OPERATOR_PASSWORD))


class MailingFactory(factory.django.DjangoModelFactory[Mailing]):
    """A draft of ``author``; whatever else it is to be is spelled out."""

    class Meta:
        model = Mailing

    author = factory.SubFactory(MemberFactory)
    organisation = factory.SelfAttribute("author.organisation")
    form_key = factory.LazyFunction(lambda: uuid.uuid4().hex)
    sender_value = "ACME"
    text = "Привет, мир!"

    class Params:
        confirmed = factory.Trait(confirmed_at=factory.LazyFunction(timezone.now))
        planned = factory.Trait(stage=Stage.PLANNED, confirmed=True)
        repeating = factory.Trait(stage=Stage.REPEATING, confirmed=True)


def submit_message(author: User, *numbers: str, **changes: Any) -> Message:
    """A message queued through the real door; its sender name and gateway are made if missing."""
    assert author.organisation is not None
    if not GatewayAccount.objects.filter(organisation=author.organisation).exists():
        GatewayAccountFactory(organisation=author.organisation)
    sender = SenderName.objects.filter(
        organisation=author.organisation, state=SenderState.APPROVED
    ).first() or SenderNameFactory(organisation=author.organisation)
    fields: dict[str, Any] = {
        "sender_value": sender.value,
        "text": "Привет, мир!",
        "form_key": uuid.uuid4().hex,
        **changes,
    }
    audience = audience_of(author, dict.fromkeys(numbers or ("79210000000",), ""))
    order = Order(author=author, audience=audience, **fields)
    return message_submit(order=order).message
