"""What every step of an import asks first: whether its author may still have it done."""

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.contacts.models import Import, ImportStage
from portal.core.prepared import rows

# The first of the two keys of PostgreSQL's advisory locks; the second is an organisation's id.
_TURN = 0x494D50
_STAGES_OF_WRITERS = (ImportStage.WRITING, ImportStage.UNDOING)


class Failure:
    """Why an import stopped: what ``Import.failure`` holds, beside codes of FileFault."""

    RIGHTS_LOST = "rights_lost"
    GROUP_GONE = "group_gone"
    WORKERS_DIE = "workers_die"


# Workers that died over one import; after so many it is the import that kills them.
MOST_TAKEOVERS = 10


def why_not(source: Import) -> str:
    """A code of Failure, "" while nothing stands in the way."""
    if not may_import(User.objects.get(pk=source.author_id), source.organisation_id):
        return Failure.RIGHTS_LOST
    if source.takeovers > MOST_TAKEOVERS:
        return Failure.WORKERS_DIE
    is_wanted = source.stage == ImportStage.WRITING or source.outcome.get("group_existed")
    is_gone = source.group is None or source.group.is_filter
    return Failure.GROUP_GONE if source.group_name and is_wanted and is_gone else ""


def may_import(member: User, organisation_id: int) -> bool:
    is_there = member.is_active and member.organisation_id == organisation_id
    return is_there and member.may(Right.EDIT_CONTACTS)


def is_its_turn(source: Import) -> bool:
    """One import of an organisation writes at a time; inside the step's transaction. An import
    that has begun goes on to its end."""
    if source.begun_at is not None:
        return True
    rows(
        "SELECT pg_advisory_xact_lock(%(key)s::int, (%(organisation)s %% 2147483647)::int)",
        {"key": _TURN, "organisation": source.organisation_id},
    )
    others = Import.objects.filter(
        organisation=source.organisation_id, stage__in=_STAGES_OF_WRITERS, begun_at__isnull=False
    )
    return not others.exclude(pk=source.pk).exists()


def next_in_turn(organisation_id: int) -> int | None:
    """The id of an import that waited for another one to end."""
    waiting = Import.objects.filter(organisation=organisation_id, stage__in=_STAGES_OF_WRITERS)
    return waiting.order_by("pk").values_list("pk", flat=True).first()
