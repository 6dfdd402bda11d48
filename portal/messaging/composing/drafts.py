"""Drafts that save themselves: no letter is lost, and no page overwrites what it has not seen."""

from contextlib import suppress
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.errors import Conflict
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import mailing_cancel, mailing_save_draft
from portal.messaging.models import Mailing, MailingQuerySet, Stage

MOST_OFFERED = 5


class DraftElsewhere(Conflict):
    """Another open page has saved ``mailing`` since, or made more of it than a draft."""

    def __init__(self, mailing: Mailing) -> None:
        super().__init__(_("This draft was changed on another page. Nothing here is lost."))
        self.mailing = mailing


def version_of(mailing: Mailing) -> str:
    """Names the state of a draft that a page has seen."""
    return mailing.changed_at.isoformat()


def drafts_by(author: User) -> MailingQuerySet:
    """Newest first."""
    return Mailing.objects.filter(author=author, stage=Stage.DRAFT).order_by("-pk")


def drafts_offered(author: User, *, but: str) -> list[Mailing]:
    """The author's newest drafts, without that of the form ``but``."""
    return list(drafts_by(author).exclude(form_key=but)[:MOST_OFFERED])


def is_empty(content: Content) -> bool:
    """Whether nothing was written or picked: a sender name alone is no draft."""
    bare = Content(sender_value=content.sender_value)
    picked = replace(content.picked, typed=content.picked.typed.strip())
    return replace(content, text=content.text.strip(), picked=picked) == bare


@transaction.atomic
def draft_save(
    *, author: User, content: Content, form_key: str, pen: str, seen: str
) -> Mailing | None:
    """Keep what the form ``form_key`` holds by now; a form without anything in it keeps no draft.

    ``pen`` names the open page, ``seen`` is the version it knows, "" for none. Raises
    ``DraftElsewhere`` where a page that this one has not seen has saved meanwhile, else as
    ``mailing_save_draft``.
    """
    known = _draft(author, form_key)
    if known and not (
        known.stage == Stage.DRAFT and (known.pen == pen or version_of(known) == seen)
    ):
        raise DraftElsewhere(known)
    if is_empty(content):
        if known:
            mailing_cancel(mailing=known, actor=author)
        return None
    draft = mailing_save_draft(author=author, content=content, form_key=form_key, mailing=known)
    draft.pen = pen
    draft.save(update_fields=["pen"])
    return draft


def draft_drop(*, author: User, form_key: str) -> None:
    """What was sent at once needs its draft no more."""
    if draft := drafts_by(author).filter(form_key=form_key).first():
        with suppress(Conflict):
            mailing_cancel(mailing=draft, actor=author)


def _draft(author: User, form_key: str) -> Mailing | None:
    mailings = Mailing.objects.select_for_update(no_key=True)
    return mailings.filter(
        organisation=author.organisation_id, author=author, form_key=form_key
    ).first()
