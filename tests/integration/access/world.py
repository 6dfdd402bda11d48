"""Two organisations with something of every kind, and everybody who might ask for it."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.audit.models import Event
from portal.billing.models import LedgerEntry
from portal.billing.services import top_up
from portal.contacts.models import BulkAction, BulkKind, Contact, DistinctPair, ImportStage
from portal.delivery.decisions import message_pause
from portal.delivery.models import Attempt, GatewayAccount, HeldBecause, OutboxEntry
from portal.delivery.platform import platform_stop
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import mailing_save_draft
from portal.messaging.models import Stage, Wave
from portal.messaging.picked import Picked
from portal.senders.models import SenderName, SenderState
from tests.factories import (
    AdministratorFactory,
    ContactFactory,
    ContactFieldFactory,
    GatewayAccountFactory,
    GroupFactory,
    MailingFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    StopFactory,
    TemplateFactory,
    import_made,
    sheet_made,
    submit_message,
)
from tests.integration.history.answers import REJECTED, UNCERTAIN, answer, hold
from tests.integration.messaging.approvals.prepared import in_approval, prepared_mailing


class Actor(StrEnum):
    ANONYMOUS = "anonymous"
    SENDER = "author of the messages"
    COLLEAGUE = "another sender"
    MANAGER = "manager"
    AUDITOR = "auditor"
    FOREIGN_SENDER = "sender elsewhere"
    FOREIGN_MANAGER = "manager elsewhere"
    FOREIGN_AUDITOR = "auditor elsewhere"
    ADMINISTRATOR = "administrator"
    FORMER_ADMINISTRATOR = "administrator no more"
    DISABLED = "manager switched off while signed in"
    DEMOTED = "manager made auditor while signed in"
    ONE_TIME = "manager with a one-time password"


@dataclass
class World:
    """``ids`` fill the table's addresses and forms; they are of the first organisation."""

    home: Organisation
    elsewhere: Organisation
    sessions: dict[Actor, str] = field(default_factory=dict)
    ids: dict[str, object] = field(default_factory=dict)

    def browser_of(self, actor: Actor) -> Client:
        browser = Client(headers={"accept-language": "en"})
        if actor in self.sessions:
            browser.cookies["sessionid"] = self.sessions[actor]
        return browser


def make_world() -> World:
    world = World(home=OrganisationFactory(), elsewhere=OrganisationFactory())
    actors = _actors(world)
    administrator = actors[Actor.ADMINISTRATOR]
    for organisation in (world.home, world.elsewhere):
        GatewayAccountFactory(organisation=organisation)
        SenderNameFactory(organisation=organisation, value="ACME")
    top_up(organisation=world.home, amount=Decimal(1), actor=administrator)
    paused = GatewayAccountFactory(paused_reason="auth: 535 no")
    world.ids = {
        **_messages(actors[Actor.SENDER]),
        **_contacts(world.home),
        **_imports(actors[Actor.SENDER]),
        "template": TemplateFactory(organisation=world.home).pk,
        "own_template": TemplateFactory(organisation=world.home, owner=actors[Actor.SENDER]).pk,
        "draft": mailing_save_draft(
            author=actors[Actor.SENDER], content=Content(text="Привет"), form_key="2" * 32
        ).pk,
        "bulk": BulkAction.objects.create(
            organisation=world.home,
            actor=actors[Actor.SENDER],
            kind=BulkKind.ARCHIVE,
            selection={"ids": []},
        ).pk,
        "planned": MailingFactory(
            author=actors[Actor.SENDER], planned=True, due_at=timezone.now() + timedelta(days=1)
        ).pk,
        "in_approval": in_approval(actors[Actor.SENDER]).pk,
        "sheet": sheet_made(actors[Actor.SENDER]).pk,
        **_mailings(actors[Actor.SENDER]),
        "managers_import": import_made(actors[Actor.MANAGER]).pk,
        "stop": StopFactory(organisation=world.home).pk,
        "platform_stop": StopFactory(organisation=None).pk,
        "organisation": world.home.pk,
        "bare_organisation": OrganisationFactory().pk,
        "member": actors[Actor.COLLEAGUE].pk,
        "sender_name": SenderName.objects.get(organisation=world.home).pk,
        "requested": SenderNameFactory(
            organisation=world.home, value="WAITS", state=SenderState.REQUESTED
        ).pk,
        "gateway": GatewayAccount.objects.get(organisation=world.home).pk,
        "paused_gateway": paused.pk,
        "ledger_entry": LedgerEntry.objects.values_list("pk", flat=True)[0],
        "attempt": Attempt.objects.values_list("pk", flat=True)[0],
        "event": Event.objects.values_list("pk", flat=True)[0],
        "reset": _reset_link(actors[Actor.MANAGER]),
    }
    world.ids["seen"] = _seen(world.ids["inside"], world.ids["outside"])
    platform_stop(because="The operator moves its servers", actor=administrator)
    return world


def _actors(world: World) -> dict[Actor, User]:
    """Everybody signs in; some change afterwards."""
    manager = {"organisation": world.home, "role": Role.MANAGER}
    actors: dict[Actor, User] = {
        Actor.SENDER: MemberFactory(organisation=world.home),
        Actor.COLLEAGUE: MemberFactory(organisation=world.home),
        Actor.MANAGER: MemberFactory(**manager),
        Actor.AUDITOR: MemberFactory(organisation=world.home, role=Role.AUDITOR),
        Actor.FOREIGN_SENDER: MemberFactory(organisation=world.elsewhere),
        Actor.FOREIGN_MANAGER: MemberFactory(organisation=world.elsewhere, role=Role.MANAGER),
        Actor.FOREIGN_AUDITOR: MemberFactory(organisation=world.elsewhere, role=Role.AUDITOR),
        Actor.ADMINISTRATOR: AdministratorFactory(),
        Actor.FORMER_ADMINISTRATOR: AdministratorFactory(),
        Actor.DISABLED: MemberFactory(**manager),
        Actor.DEMOTED: MemberFactory(**manager),
        Actor.ONE_TIME: MemberFactory(**manager, must_change_password=True),
    }
    for actor, user in actors.items():
        browser = Client()
        browser.force_login(user)
        world.sessions[actor] = browser.cookies["sessionid"].value
    _change(actors[Actor.FORMER_ADMINISTRATOR], is_staff=False, is_superuser=False)
    _change(actors[Actor.DISABLED], is_active=False)
    _change(actors[Actor.DEMOTED], role=Role.AUDITOR)
    return actors


def _change(user: User, **fields: object) -> None:
    User.objects.filter(pk=user.pk).update(**fields)


def _messages(author: User) -> dict[str, object]:
    uncertain = submit_message(author)
    answer(uncertain, UNCERTAIN)
    rejected = submit_message(author)
    answer(rejected, REJECTED)
    held = submit_message(author)
    hold(held)
    paused = submit_message(author)
    message_pause(message=paused, actor=author)
    waiting = submit_message(author)
    OutboxEntry.objects.filter(message=waiting).update(
        canary=uncertain, held_because=HeldBecause.AWAITS_CANARY
    )
    return {
        "queued": submit_message(author).pk,
        "uncertain": uncertain.pk,
        "envelope": uncertain.envelopes.get().pk,
        "rejected": rejected.pk,
        "held": held.pk,
        "paused": paused.pk,
        "waiting": waiting.pk,
    }


def _mailings(author: User) -> dict[str, object]:
    sent = prepared_mailing(author, stage=Stage.SENT)
    paused, waiting, queued = (submit_message(author) for _ in range(3))
    message_pause(message=paused, actor=author)
    OutboxEntry.objects.filter(message=waiting).update(
        canary=queued, held_because=HeldBecause.AWAITS_CANARY
    )
    for number, message in enumerate((queued, paused, waiting), 1):
        Wave.objects.create(mailing=sent, number=number, message=message)
    return {
        "submitting": prepared_mailing(author, stage=Stage.SUBMITTING).pk,
        "prepared": prepared_mailing(author, picked=Picked(typed="8 921 000 00 00").as_dict()).pk,
        "held_mailing": prepared_mailing(author, stage=Stage.HELD, confirmed_at=timezone.now()).pk,
        "sent_mailing": sent.pk,
    }


def _contacts(organisation: Organisation) -> dict[str, object]:
    group = GroupFactory(organisation=organisation)
    inside, outside = (ContactFactory(organisation=organisation) for _ in range(2))
    group.contacts.add(inside)
    archived = ContactFactory(organisation=organisation, archived_at=timezone.now())
    told_apart = DistinctPair.objects.create(
        organisation=organisation, first=outside, second=archived
    )
    field, _below = (ContactFieldFactory(organisation=organisation) for _ in range(2))
    rules = [{"kind": "text", "field": "name", "test": "begins", "value": "Иван"}]
    saved_filter = GroupFactory(
        organisation=organisation, conditions={"match": "all", "rules": rules}
    )
    return {
        "group": group.pk,
        "saved_filter": saved_filter.pk,
        "inside": inside.pk,
        "outside": outside.pk,
        "archived": archived.pk,
        "told_apart": told_apart.pk,
        "field": field.pk,
    }


def _seen(*contacts: object) -> str:
    """When they were last changed: imports may have known their numbers."""
    changed = dict(Contact.objects.filter(pk__in=contacts).values_list("pk", "changed_at"))
    return " ".join(changed[pk].isoformat() for pk in contacts)


def _imports(author: User) -> dict[str, object]:
    return {
        "uploaded": import_made(author).pk,
        "checking": import_made(author, stage=ImportStage.CHECKING).pk,
        "checked": import_made(author, stage=ImportStage.CHECKED).pk,
        "imported": import_made(author, stage=ImportStage.DONE).pk,
    }


def _reset_link(user: User) -> str:
    return f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
