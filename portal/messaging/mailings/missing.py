"""What becomes of those who lack a value for a placeholder: their author's word."""

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import mailing_edit, mailing_prepare, mailing_save_draft
from portal.messaging.models import Mailing


@transaction.atomic
def missing_settle(
    *, mailing: Mailing, actor: User, defaults: Mapping[str, str], skip: bool
) -> Mailing:
    """Prepare it anew with ``defaults`` for the placeholders named; who lacks a value even so is
    left out where ``skip``. Raises ``Refused`` where neither is said, else as
    ``mailing_prepare``."""
    given = {name: text.strip() for name, text in defaults.items() if text.strip()}
    if not given and not skip:
        raise Refused(_("Write what stands in for the missing values, or leave these people out."))
    mailing = mailing_edit(mailing=mailing, actor=actor)
    written = Content.of(mailing)
    content = replace(written, defaults={**written.defaults, **given}, skip_missing=skip)
    mailing = mailing_save_draft(
        author=actor, content=content, form_key=mailing.form_key, mailing=mailing
    )
    return mailing_prepare(mailing=mailing, actor=actor)
