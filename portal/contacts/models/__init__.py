"""People in E.164, named sets of them, and numbers never to be sent to."""

from portal.contacts.models.bulk import BulkAction, BulkKind, BulkState
from portal.contacts.models.contact import SHARED, Contact, ContactQuerySet
from portal.contacts.models.distinct import DistinctPair, DistinctPairQuerySet
from portal.contacts.models.field import ContactField, FieldKind
from portal.contacts.models.group import Group, GroupQuerySet, Membership
from portal.contacts.models.imports import (
    BadRow,
    CheckedRows,
    ColumnMemory,
    Import,
    ImportBefore,
    ImportedEntry,
    ImportPart,
    ImportStage,
    ImportTarget,
)
from portal.contacts.models.stop_list import StopListEntry, StopSource

__all__ = [
    "SHARED",
    "BadRow",
    "BulkAction",
    "BulkKind",
    "BulkState",
    "CheckedRows",
    "ColumnMemory",
    "Contact",
    "ContactField",
    "ContactQuerySet",
    "DistinctPair",
    "DistinctPairQuerySet",
    "FieldKind",
    "Group",
    "GroupQuerySet",
    "Import",
    "ImportBefore",
    "ImportPart",
    "ImportStage",
    "ImportTarget",
    "ImportedEntry",
    "Membership",
    "StopListEntry",
    "StopSource",
]
