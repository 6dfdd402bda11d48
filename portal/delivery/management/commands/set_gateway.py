import argparse
from typing import Any

from django.core.management.base import CommandError, CommandParser

from portal.accounts.lookups import organisation_named
from portal.accounts.models import Organisation
from portal.audit.commands import WRONG_USAGE, ServiceCommand, text_file
from portal.delivery.gateways import gateway_set
from portal.delivery.models import GatewayAccount, SecurityChoice, TransferEncodingChoice
from sms.secret import Secret

# Field → the option that a new account cannot do without.
NEEDED = {
    "host": "--host",
    "port": "--port",
    "security": "--security",
    "mailbox": "--mailbox",
    "sms_user": "--sms-user",
    "sms_password": "--password-file",
}
FIELDS = (
    *NEEDED,
    "from_address",
    "smtp_user",
    "smtp_password",
    "numbers_per_email",
    "connections",
    "per_minute",
    "transfer_encoding",
    "dynamic_sender",
    "cabinet_url",
)


def secret_file(path: str) -> Secret:
    """An argument type: the password in a file, without the line break at its end."""
    text = text_file(path)
    return Secret(text.removesuffix("\n").removesuffix("\r"))


class Command(ServiceCommand):
    help = (
        "Make an organisation's gateway account or change the given options of the one it has; "
        "prints the server. Running workers obey at their next claim."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", metavar="NAME", required=True)
        parser.add_argument("--host", metavar="H")
        parser.add_argument("--port", metavar="N", type=int)
        parser.add_argument("--security", choices=SecurityChoice.values)
        parser.add_argument("--mailbox", metavar="A", help="where the operator takes e-mails")
        parser.add_argument("--sms-user", metavar="U", help="the login the operator issued")
        parser.add_argument(
            "--password-file",
            metavar="F",
            dest="sms_password",
            type=secret_file,
            help="holds the password the operator issued",
        )
        parser.add_argument("--from-address", metavar="A")
        parser.add_argument("--smtp-user", metavar="U", help='"" takes the SMTP login away')
        parser.add_argument(
            "--smtp-password-file", metavar="F", dest="smtp_password", type=secret_file
        )
        _add_limits(parser)

    def perform(self, **options: Any) -> str:
        organisation = organisation_named(options["organisation"])
        changes = {name: options[name] for name in FIELDS if options[name] is not None}
        _refuse_too_little(organisation, changes)
        if changes.get("per_minute") == 0:
            changes["per_minute"] = None
        if changes.get("smtp_user") == "":
            changes["smtp_password"] = None
        account = gateway_set(organisation=organisation, actor=None, changes=changes)
        return f"{account.host}:{account.port}"


def _add_limits(parser: CommandParser) -> None:
    parser.add_argument("--numbers-per-email", metavar="N", type=int)
    parser.add_argument("--connections", metavar="N", type=int, help="at once, over all workers")
    parser.add_argument(
        "--per-minute", metavar="N", type=int, help="most e-mails in a minute; 0: no limit"
    )
    parser.add_argument("--transfer-encoding", choices=TransferEncodingChoice.values)
    parser.add_argument("--dynamic-sender", action=argparse.BooleanOptionalAction)
    parser.add_argument("--cabinet-url", metavar="URL")


def _refuse_too_little(organisation: Organisation, changes: dict[str, object]) -> None:
    missing = [option for field, option in NEEDED.items() if field not in changes]
    if missing and not GatewayAccount.objects.filter(organisation=organisation).exists():
        raise CommandError(
            f"A new gateway account also needs {', '.join(missing)}.", returncode=WRONG_USAGE
        )
