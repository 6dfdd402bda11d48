"""What each role may do; the one table that gates, services and templates ask."""

from enum import StrEnum
from types import MappingProxyType

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    SENDER = "sender", _("sender")
    MANAGER = "manager", _("manager")
    AUDITOR = "auditor", _("auditor")


class Right(StrEnum):
    SEND = "send"
    SEE_OWN_MESSAGES = "see_own_messages"
    SEE_ALL_MESSAGES = "see_all_messages"
    SEE_CONTACTS = "see_contacts"
    EDIT_CONTACTS = "edit_contacts"
    EDIT_CONTACT_FIELDS = "edit_contact_fields"
    EDIT_STOP_LIST = "edit_stop_list"
    SEE_SENDER_NAMES = "see_sender_names"
    ASK_SENDER_NAME = "ask_sender_name"
    SEE_MEMBERS = "see_members"
    EDIT_MEMBERS = "edit_members"
    DECIDE_FOR_OTHERS = "decide_for_others"
    APPROVE = "approve"
    EDIT_APPROVAL_RULES = "edit_approval_rules"
    EDIT_TEMPLATES = "edit_templates"


_SENDER = frozenset(
    {
        Right.SEND,
        Right.SEE_OWN_MESSAGES,
        Right.SEE_CONTACTS,
        Right.EDIT_CONTACTS,
        Right.SEE_SENDER_NAMES,
    }
)
_AUDITOR = frozenset(
    {
        Right.SEE_OWN_MESSAGES,
        Right.SEE_ALL_MESSAGES,
        Right.SEE_CONTACTS,
        Right.SEE_SENDER_NAMES,
        Right.SEE_MEMBERS,
    }
)
RIGHTS = MappingProxyType(
    {
        Role.SENDER: _SENDER,
        Role.AUDITOR: _AUDITOR,
        Role.MANAGER: _SENDER
        | _AUDITOR
        | {
            Right.ASK_SENDER_NAME,
            Right.EDIT_CONTACT_FIELDS,
            Right.EDIT_MEMBERS,
            Right.EDIT_STOP_LIST,
            Right.DECIDE_FOR_OTHERS,
            Right.APPROVE,
            Right.EDIT_APPROVAL_RULES,
            Right.EDIT_TEMPLATES,
        },
    }
)
