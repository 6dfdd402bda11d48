"""From a mailing's template to what each recipient gets, with its exact size."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.core.explain import explain
from portal.messaging.models import LeftOut, Mailing
from portal.messaging.services import check_text
from sms.placeholders import PlaceholderRefused, Template, fold_name, parse
from sms.segments import count
from sms.text import TextRefused, prepare_text


class Written(NamedTuple):
    """One person's text. ``left_out``: why they get none, of ``LeftOut``, "" where they get it;
    ``note``: a code of what is wrong with it. ``text`` is "" where everybody gets the same one."""

    text: str
    segments: int
    units: int
    left_out: str = ""
    lacks: tuple[str, ...] = ()
    note: str = ""


class Writer:
    """Writes the texts of one mailing, whose template was checked before."""

    def __init__(self, mailing: Mailing) -> None:
        self.template = parse(mailing.text)
        self._defaults = {
            fold_name(name): text
            for name, text in mailing.when_missing.get("defaults", {}).items()
            if text
        }
        self._ceiling = mailing.organisation.segment_ceiling
        self._same = self._same_for_all() if self.template.is_plain else None

    @property
    def is_personalised(self) -> bool:
        return self._same is None

    def written(self, values: Mapping[str, str]) -> Written:
        """``values``: by names as ``fold_name`` makes them."""
        if self._same is not None:
            return self._same
        rendered = self.template.render(values, self._defaults)
        if rendered.lacks:
            return Written("", 0, 0, LeftOut.LACKS_VALUE, rendered.lacks)
        return self._sized(rendered.text)

    def _same_for_all(self) -> Written:
        return self._sized(self.template.render({}).text)._replace(text="")

    def _sized(self, rendered: str) -> Written:
        try:
            text = prepare_text(rendered)
        except TextRefused as refused:
            return Written("", 0, 0, LeftOut.TEXT_REFUSED, note=str(refused.code))
        counted = count(text)
        too_long = counted.segments > self._ceiling
        return Written(text, counted.segments, counted.units, LeftOut.TOO_LONG if too_long else "")


def plain_text(mailing: Mailing) -> str:
    """The one text of a mailing that is not personalised, as it is sent."""
    return prepare_text(parse(mailing.text).render({}).text)


def check_template(author: User, text: str, *, names: Iterable[str]) -> Template:
    """The template of ``text``, which may ask for ``names`` alone. Raises ``Refused`` (field
    ``text``) where nobody's text by it could be sent."""
    try:
        template = parse(text)
        template.check_names(names)
    except PlaceholderRefused as refused:
        raise Refused(explain(refused), field="text") from None
    # What stands around the placeholders goes to everybody.
    around = template.render(dict.fromkeys(template.names, "1"), dict.fromkeys(template.names, "1"))
    check_text(author, around.text)
    return template
