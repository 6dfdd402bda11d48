"""When and whom to, in a few words."""

from collections.abc import Collection, Mapping, Sequence

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.models import User
from portal.contacts.models import Group
from portal.messaging.models import Mailing
from portal.messaging.picked import Picked
from portal.messaging.plans.recurrence import (
    LAST_DAY,
    Birthdays,
    EveryDays,
    Monthly,
    Recurrence,
    RecurrenceBroken,
    Weekly,
)

GroupNames = Mapping[int, str]


def when_words(mailing: Mailing) -> str:
    """ "" while nothing is known: a draft may yet become anything."""
    if mailing.repeats is not None:
        return _rule_words(mailing.repeats)
    if mailing.due_at is None:
        return "" if mailing.confirmed_at is None else _("at once")
    return date_format(timezone.localtime(mailing.due_at), "SHORT_DATETIME_FORMAT")


def _rule_words(kept: object) -> str:
    try:
        recurrence = Recurrence.from_dict(kept)
    except RecurrenceBroken:
        return ""
    time = time_format(recurrence.at, "TIME_FORMAT")
    match recurrence.rule:
        case EveryDays(interval):
            words = _day_words(interval) % {"count": interval, "time": time}
        case Weekly(weekdays):
            names = ", ".join(str(WEEKDAYS_ABBR[day - 1]) for day in sorted(weekdays))
            words = _("on %(days)s at %(time)s") % {"days": names, "time": time}
        case Monthly(day):
            words = _month_words(day) % {"day": day, "time": time}
        case Birthdays():
            words = _("on birthdays at %(time)s") % {"time": time}
    return words


def _day_words(interval: int) -> str:
    if interval == 1:
        return _("every day at %(time)s")
    return ngettext("every %(count)s day at %(time)s", "every %(count)s days at %(time)s", interval)


def _month_words(day: int) -> str:
    if day == LAST_DAY:
        return _("on the last day of each month at %(time)s")
    return _("on day %(day)s of each month at %(time)s")


def group_names(mailings: Collection[Mailing], member: User) -> GroupNames:
    """By id, of the groups picked that the member sees."""
    picked = {pk for mailing in mailings for pk in Picked.from_dict(mailing.picked).group_ids}
    seen = Group.objects.visible_to(member).filter(pk__in=picked)
    return dict(seen.values_list("pk", "name"))


def whom_words(mailing: Mailing, names: GroupNames) -> str:
    """How many, once that is known; else who was picked."""
    if mailing.snapshot_hash:
        return _counted(mailing.reached)
    if mailing.sheet_id:
        return _("rows of a spreadsheet")
    picked = Picked.from_dict(mailing.picked)
    parts = [*_groups(picked.group_ids, names), *_single(picked)]
    return ", ".join(parts)


def _counted(count: int) -> str:
    words = ngettext("%(count)s recipient", "%(count)s recipients", count)
    return words % {"count": count}


def _groups(ids: Sequence[int], names: GroupNames) -> list[str]:
    """The first by name; those of others' own are not named."""
    known = [_("“%(text)s”") % {"text": names[pk]} for pk in ids if pk in names]
    if len(known) == len(ids) <= 1:
        return known
    more = len(ids) - len(known[:1])
    rest = ngettext("%(count)s more group", "%(count)s more groups", more)
    unnamed = ngettext("%(count)s group", "%(count)s groups", more)
    return [*known[:1], (rest if known else unnamed) % {"count": more}]


def _single(picked: Picked) -> list[str]:
    typed = sum(1 for line in picked.typed.replace(",", "\n").splitlines() if line.strip())
    found = []
    if picked.contact_ids:
        count = len(picked.contact_ids)
        found.append(ngettext("%(count)s contact", "%(count)s contacts", count) % {"count": count})
    if typed:
        words = ngettext("%(count)s typed number", "%(count)s typed numbers", typed)
        found.append(words % {"count": typed})
    return found
