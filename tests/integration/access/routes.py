"""Who may do what at every address of the site. A new route needs a row here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from portal.core.admin_pages import ServiceAdmin
from tests.factories import PASSWORD
from tests.integration.access.world import Actor, World
from tests.integration.messaging.approvals.prepared import SNAPSHOT

NEW_PASSWORD = "staple correct 42 horse"


class Outcome(StrEnum):
    READS = "opened"
    WRITES = "opened and changed the database"
    SIGN_IN = "sent to sign-in"
    OWN_PASSWORD = "sent to choose a password"
    TO_ADMIN = "sent to the administrators' site"
    FORBIDDEN = "403"
    MISSING = "404"
    NOT_ALLOWED = "405"
    UNREADY = "503"


WRITERS = frozenset({Actor.SENDER, Actor.COLLEAGUE, Actor.MANAGER})
READERS = frozenset({Actor.MANAGER, Actor.AUDITOR})
MEMBERS = WRITERS | READERS
MANAGERS = frozenset({Actor.MANAGER})
# What nobody else sees, managers included.
OWN = frozenset({Actor.SENDER})
# Of a message: a sender sees their own.
DECIDERS = frozenset({Actor.SENDER, Actor.MANAGER})
VIEWERS = DECIDERS | READERS
ADMINISTRATORS = frozenset({Actor.ADMINISTRATOR})
FULLY_SIGNED_IN = MEMBERS | ADMINISTRATORS | {Actor.FORMER_ADMINISTRATOR}
SIGNED_IN = FULLY_SIGNED_IN | {Actor.ONE_TIME}
ANYBODY = SIGNED_IN | {Actor.ANONYMOUS}

READS, WRITES, NOT_ALLOWED = Outcome.READS, Outcome.WRITES, Outcome.NOT_ALLOWED
FORBIDDEN, MISSING = Outcome.FORBIDDEN, Outcome.MISSING
Form = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """An address (``{names}`` are ids of the world), whom it is open to, and what GET and POST
    do for them; ``form`` is a POST that a service would accept."""

    address: str
    opens: frozenset[Actor]
    get: Outcome = READS
    post: Outcome = NOT_ALLOWED
    form: Form = field(default_factory=dict)

    def url(self, world: World) -> str:
        return self.address.format(**world.ids)

    def data(self, world: World) -> dict[str, str]:
        return {name: value.format(**world.ids) for name, value in self.form.items()}

    @property
    def is_of_an_object(self) -> bool:
        return "{" in self.address.partition("?")[0] and "{reset}" not in self.address

    @property
    def is_admin(self) -> bool:
        return self.address.startswith("/admin/")


def form(address: str, opens: frozenset[Actor], **fields: str) -> Row:
    return Row(address, opens, post=WRITES, form=fields)


def press(address: str, opens: frozenset[Actor], **fields: str) -> Row:
    return Row(address, opens, get=NOT_ALLOWED, post=WRITES, form=fields)


DRAFT = {
    "sender": "ACME",
    "numbers": "8 (921) 000-00-00",
    "text": "Привет!",
    "form_key": "0123456789abcdef0123456789abcdef",
}
MERGED = {"seen": "{seen}", **dict.fromkeys(("kept", "given_name", "phone"), "{inside}")}
CHOSEN = {"kind": "archive", "chosen": "{inside}"}
RULE = {
    "whose": "shared",
    "match": "all",
    "count": "1",
    "r0-subject": "name",
    "r0-test": "begins",
    "r0-value": "Анна",
    "save": "1",
}
SHEET = {"phone_column": "0", "name-0": "", "name-1": "Кто", "name-2": "Долг"}
ENVELOPE = "/history/{uncertain}/envelopes/{envelope}"

SITE = [
    Row("/", FULLY_SIGNED_IN - {Actor.FORMER_ADMINISTRATOR}, post=READS),
    Row("/health/live", ANYBODY),
    # No sweep was ever done here.
    Row("/health/ready", ANYBODY, get=Outcome.UNREADY),
    # There is none without a token.
    Row("/metrics", ANYBODY, get=MISSING),
    Row("/language/", ANYBODY, get=NOT_ALLOWED, post=READS, form={"language": "en"}),
    Row("/account/login/", ANYBODY - {Actor.ONE_TIME}, post=READS),
    form("/account/logout/", SIGNED_IN),
    Row("/account/inactive/", ANYBODY - {Actor.ONE_TIME}),
    form(
        "/account/password/change/",
        SIGNED_IN,
        oldpassword=PASSWORD,
        password1=NEW_PASSWORD,
        password2=NEW_PASSWORD,
    ),
    Row("/account/password/reset/", ANYBODY, post=READS, form={"email": "nobody@example.com"}),
    Row("/account/password/reset/done/", ANYBODY),
    Row("/account/password/reset/key/done/", ANYBODY),
    Row("/account/password/reset/key/{reset}/", ANYBODY, post=READS),
    Row("/members/", READERS),
    form("/members/add/", MANAGERS, email="new@example.com", name="Новый", role="sender"),
    form("/members/{member}/", MANAGERS, name="Пётр", role="auditor", is_active="on"),
    press("/members/{member}/new-password/", MANAGERS),
    Row("/contacts/", MEMBERS),
    press("/contacts/export/", MEMBERS, format="csv"),
    form("/contacts/add/", WRITERS, given_name="Анна", phone="8 921 555-00-00"),
    Row("/contacts/{inside}/", MEMBERS),
    form("/contacts/{inside}/change/", WRITERS, given_name="Анна", phone="8 921 555-00-00"),
    press("/contacts/{inside}/archive/", WRITERS),
    press("/contacts/{archived}/restore/", WRITERS),
    form("/contacts/{inside}/delete/", WRITERS),
    form("/contacts/{inside}/merge/{outside}/", WRITERS, **MERGED),
    Row(
        "/contacts/{inside}/merge/{outside}/preview/",
        WRITERS,
        get=NOT_ALLOWED,
        post=READS,
        form=MERGED,
    ),
    press("/contacts/{inside}/apart/{outside}/", WRITERS),
    Row("/contacts/duplicates/", WRITERS),
    Row("/contacts/duplicates/apart/", WRITERS),
    press("/contacts/duplicates/apart/{told_apart}/take-back/", WRITERS),
    form("/contacts/fields/", MANAGERS, name="Город", kind="text"),
    form("/contacts/fields/{field}/rename/", MANAGERS, name="Город"),
    press("/contacts/fields/{field}/move/", MANAGERS, step="down"),
    form("/contacts/fields/{field}/delete/", MANAGERS),
    Row("/contacts/groups/", MEMBERS),
    form("/contacts/groups/add/", WRITERS, name="Новая"),
    Row("/contacts/groups/{group}/", MEMBERS),
    Row("/contacts/groups/{group}/size/", MEMBERS),
    Row("/contacts/size/", MEMBERS),
    form("/contacts/groups/filters/add/", WRITERS, name="Новая", **RULE),
    form("/contacts/groups/{saved_filter}/filter/", WRITERS, name="Новая", **RULE),
    form("/contacts/groups/{group}/rename/", WRITERS, name="Новая"),
    form("/contacts/groups/{group}/delete/", WRITERS),
    press("/contacts/groups/{group}/contacts/{outside}/add/", WRITERS),
    press("/contacts/groups/{group}/contacts/{inside}/remove/", WRITERS),
    Row("/contacts/bulk/", WRITERS, get=NOT_ALLOWED, post=READS, form=CHOSEN),
    press("/contacts/bulk/begin/", WRITERS, **CHOSEN),
    Row("/contacts/bulk/{bulk}/", OWN),
    press("/contacts/bulk/{bulk}/cancel/", OWN),
    Row("/contacts/imports/", WRITERS),
    form("/contacts/imports/add/", WRITERS, target="contacts", text="Анна; 8 921 555-00-00"),
    Row("/contacts/imports/{checked}/", OWN),
    form(
        "/contacts/imports/{uploaded}/columns/",
        OWN,
        **{"column-0": "name", "column-1": "phone"},
        shelf="shared",
        known="update",
    ),
    press("/contacts/imports/{uploaded}/reread/", OWN, format="text", encoding="koi8-r"),
    press(
        "/contacts/imports/{managers_import}/fields/",
        MANAGERS,
        field_name="Улица",
        field_kind="text",
    ),
    Row("/contacts/imports/{checking}/progress/", OWN),
    Row("/contacts/imports/{checked}/bad-rows/", OWN),
    press("/contacts/imports/{checked}/confirm/", OWN),
    press("/contacts/imports/{checking}/cancel/", OWN),
    form("/contacts/imports/{imported}/undo/", OWN),
    press("/contacts/imports/{uploaded}/delete/", OWN),
    Row("/contacts/stop-list/", MEMBERS),
    form("/contacts/stop-list/add/", WRITERS, numbers="8 921 555-00-00", reason=""),
    form("/contacts/stop-list/{stop}/remove/", MANAGERS, reason="Нет"),
    Row("/sender-names/", MEMBERS),
    form("/sender-names/ask/", MANAGERS, value="NEWNAME"),
    Row("/messages/new", WRITERS, post=READS, form=DRAFT),
    Row("/messages/confirm", WRITERS, post=READS, form=DRAFT),
    press("/messages/send", WRITERS, **DRAFT),
    press("/messages/save", WRITERS, **DRAFT | {"form_key": "1" * 32}),
    press("/messages/trial", WRITERS, **DRAFT, own_number="8 921 000-00-00", trial_key="3" * 32),
    Row("/messages/drafts/{draft}", OWN),
    form("/mailings/sheets/new", WRITERS, text="Имя\tТелефон\nАнна\t8 921 555-00-00"),
    form("/mailings/sheets/{sheet}/", OWN, **SHEET),
    press("/mailings/sheets/{sheet}/reread/", OWN, format="text", encoding="koi8-r"),
    Row("/mailings/sheets/{sheet}/rows/", OWN, get=NOT_ALLOWED, post=READS, form=SHEET),
    press("/mailings/sheets/{sheet}/delete/", OWN),
    Row("/messages/live", WRITERS, get=NOT_ALLOWED, post=READS, form=DRAFT),
    Row("/messages/recipients", WRITERS, get=NOT_ALLOWED, post=READS, form=DRAFT),
    Row("/templates/", MEMBERS),
    form("/templates/add/", WRITERS, name="Новый", text="Привет, {{имя}}!"),
    Row("/templates/live/", WRITERS, get=NOT_ALLOWED, post=READS, form=DRAFT),
    Row("/templates/{template}/", MEMBERS),
    form("/templates/{own_template}/change/", OWN, name="Новый", text="Привет!"),
    form("/templates/{own_template}/delete/", OWN),
    Row("/messages/when", WRITERS, get=NOT_ALLOWED, post=READS, form={"when-mode": "now"}),
    Row("/mailings/", MEMBERS),
    Row("/mailings/calendar/", MEMBERS),
    press("/mailings/{planned}/edit", OWN),
    press("/mailings/{planned}/cancel", DECIDERS),
    Row("/mailings/{in_approval}/", VIEWERS),
    Row("/mailings/{submitting}/progress", VIEWERS),
    press("/mailings/{prepared}/confirm", OWN, snapshot=SNAPSHOT),
    press("/mailings/{prepared}/missing", OWN, skip="on"),
    press("/mailings/{held_mailing}/release", DECIDERS),
    Row("/mailings/{in_approval}/recipients/", VIEWERS),
    form("/mailings/approval-rules/", MANAGERS, above_recipients="100"),
    Row("/mailings/{in_approval}/approval/", MANAGERS),
    press("/mailings/{in_approval}/approval/grant", MANAGERS, snapshot_hash=SNAPSHOT),
    press("/mailings/{in_approval}/approval/return", MANAGERS, snapshot_hash=SNAPSHOT, word="Нет"),
    Row("/history/", MEMBERS),
    Row("/history/rows?id={queued}", MEMBERS),
    Row("/history/contacts/{inside}", MEMBERS),
    Row("/history/mailings/{sent_mailing}", VIEWERS),
    press("/history/mailings/{sent_mailing}/pause", DECIDERS),
    press("/history/mailings/{sent_mailing}/resume", DECIDERS),
    press("/history/mailings/{sent_mailing}/stop", DECIDERS),
    press("/history/mailings/{sent_mailing}/let-go", DECIDERS),
    Row("/history/{queued}", VIEWERS),
    Row("/history/{queued}/progress", VIEWERS),
    press("/history/{queued}/pause", DECIDERS),
    press("/history/{paused}/resume", DECIDERS),
    press("/history/{queued}/cancel", DECIDERS),
    press("/history/{held}/release", MANAGERS),
    press("/history/{waiting}/let-go", DECIDERS),
    Row("/history/{rejected}/rejected", DECIDERS),
    press("/history/{rejected}/resend", DECIDERS, count="1"),
    Row("/history/{uncertain}/uncertain", DECIDERS),
    press("/history/{uncertain}/uncertain/settle", DECIDERS, settled_as="rejected", count="1"),
    press(f"{ENVELOPE}/was-sent", DECIDERS),
    press(f"{ENVELOPE}/was-not-sent", DECIDERS),
    press(f"{ENVELOPE}/send-again", DECIDERS),
]

ORGANISATION = {
    "name": "Новая",
    "time_zone": "Asia/Omsk",
    "currency": "RUB",
    "plan": "prepaid",
    "price_per_segment": "2",
    "segment_ceiling": "5",
    "allowed_countries": "RU",
}
USER = {"name": "Новый", "organisation": "{organisation}", "role": "auditor", "is_staff": ""}
GATEWAY = {
    "organisation": "{bare_organisation}",
    "host": "smtp.example.com",
    "port": "25",
    "security": "none",
    "from_address": "portal@example.com",
    "mailbox": "email2sms@example.org",
    "sms_user": "acme",
    "sms_password": "secret",
    "numbers_per_email": "10",
    "connections": "2",
    "transfer_encoding": "8bit",
}
APPROVE = {"action": "approve_chosen", "_selected_action": "{requested}"}
# What the administrators' site makes and changes; all other lists are only looked at.
ADDED: Mapping[str, Form] = {
    "accounts/organisation": ORGANISATION,
    "accounts/user": {**USER, "email": "new@example.com"},
    "senders/sendername": {"organisation": "{organisation}", "value": "NEWNAME"},
    "billing/ledgerentry": {
        "organisation": "{organisation}",
        "amount": "100",
        "note": "",
        "form_key": DRAFT["form_key"],
    },
    "delivery/gatewayaccount": GATEWAY,
    "contacts/stoplistentry": {"numbers": "8 921 555-00-00", "reason": ""},
}
CHANGED: Mapping[str, Form] = {
    "accounts/organisation": ORGANISATION,
    "accounts/user": {**USER, "is_active": "on"},
    "delivery/gatewayaccount": GATEWAY,
}
OBJECTS = {
    "accounts/organisation": "{organisation}",
    "accounts/user": "{member}",
    "audit/event": "{event}",
    "billing/ledgerentry": "{ledger_entry}",
    "contacts/stoplistentry": "{platform_stop}",
    "delivery/attempt": "{attempt}",
    "delivery/envelope": "{envelope}",
    "delivery/gatewayaccount": "{gateway}",
    "delivery/message": "{queued}",
    "senders/sendername": "{sender_name}",
}
AUTOCOMPLETE = "app_label=accounts&model_name=user&field_name=organisation"

ADMIN = [
    Row("/admin/", ADMINISTRATORS, post=READS),
    Row("/admin/login/", ADMINISTRATORS, post=READS),
    press("/admin/logout/", ADMINISTRATORS),
    Row(
        "/admin/password_change/",
        ADMINISTRATORS,
        get=Outcome.OWN_PASSWORD,
        post=Outcome.OWN_PASSWORD,
    ),
    Row("/admin/password_change/done/", ADMINISTRATORS),
    Row(f"/admin/autocomplete/?{AUTOCOMPLETE}&term=a", ADMINISTRATORS),
    Row("/admin/jsi18n/", ADMINISTRATORS),
    Row("/admin/r/1/1/", ADMINISTRATORS, get=MISSING, post=MISSING),
    Row("/admin/delivery/", ADMINISTRATORS, post=READS),
    Row("/admin/no-such-page", ADMINISTRATORS, get=MISSING, post=MISSING),
    press("/admin/accounts/user/{member}/do/new-password/", ADMINISTRATORS),
    press("/admin/senders/sendername/{requested}/do/approve/", ADMINISTRATORS),
    form("/admin/senders/sendername/{requested}/do/reject/", ADMINISTRATORS, reason="Нет"),
    form("/admin/senders/sendername/{sender_name}/do/revoke/", ADMINISTRATORS, reason="Нет"),
    form("/admin/senders/sendername/{sender_name}/do/limit/", ADMINISTRATORS, members="{member}"),
    form("/admin/contacts/stoplistentry/{platform_stop}/do/remove/", ADMINISTRATORS, reason="Нет"),
    press("/admin/delivery/gatewayaccount/{gateway}/do/test/", ADMINISTRATORS),
    form("/admin/delivery/gatewayaccount/{gateway}/do/pause/", ADMINISTRATORS, reason="Нет"),
    press("/admin/delivery/gatewayaccount/{paused_gateway}/do/resume/", ADMINISTRATORS),
    form("/admin/delivery/gatewayaccount/stop-all/", ADMINISTRATORS, reason="Нет"),
    press("/admin/delivery/gatewayaccount/resume-all/", ADMINISTRATORS),
    # Services without buttons of their own have the address all the same.
    *(
        Row(f"/admin/{place}/{OBJECTS[place]}/do/x/", ADMINISTRATORS, get=MISSING, post=MISSING)
        for place in ("accounts/organisation", "billing/ledgerentry")
    ),
]


def admin_rows(place: str) -> Iterator[Row]:
    """The pages that every list of the administrators' site has."""
    listed, shown = f"/admin/{place}/", f"/admin/{place}/{OBJECTS[place]}/"
    makes, changes = place in ADDED, place in CHANGED
    chosen = APPROVE if place == "senders/sendername" else {}
    yield Row(listed, ADMINISTRATORS, post=WRITES if chosen else READS, form=chosen)
    yield Row(
        f"{listed}add/",
        ADMINISTRATORS,
        get=READS if makes else FORBIDDEN,
        post=WRITES if makes else FORBIDDEN,
        form=ADDED.get(place, {}),
    )
    yield Row(shown, ADMINISTRATORS, post=READS)
    yield Row(
        f"{shown}change/",
        ADMINISTRATORS,
        post=WRITES if changes else FORBIDDEN,
        form=CHANGED.get(place, {}),
    )
    yield Row(f"{shown}history/", ADMINISTRATORS, post=READS)
    yield Row(
        f"{shown}delete/", ADMINISTRATORS, get=FORBIDDEN, post=FORBIDDEN, form={"post": "yes"}
    )


TABLE = [*SITE, *ADMIN, *(row for place in OBJECTS for row in admin_rows(place))]


def site_routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the site as ``ResolverMatch.route`` spells it; each button of the
    administrators' site apart."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from site_routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield from _buttons(route) if "<slug:name>" in route else [route]


def _buttons(route: str) -> Iterator[str]:
    [page] = [
        page
        for model, page in admin.site._registry.items()
        if route.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/")
    ]
    assert isinstance(page, ServiceAdmin)
    names = [action.name for action in page.object_actions] or ["x"]
    yield from (route.replace("<slug:name>", name) for name in names)


def route_of(row: Row, world: World) -> str:
    match = resolve(row.url(world).partition("?")[0])
    return match.route.replace("^", "").replace("<slug:name>", str(match.kwargs.get("name")))
