"""What of an open page of a message is out of date.

Only such places are replaced: whoever has a question open in another, or the keyboard's focus,
keeps it.
"""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict

from portal.delivery.models import Envelope
from portal.history.pages import MOST_DECISIONS, Action, Page
from portal.history.selectors import uncertain_envelopes
from portal.messaging.composing.fields import IdsField


@dataclass(frozen=True)
class News:
    """``seen``: what the open page shows, as it says itself: actions (``can``), ids of uncertain
    envelopes (``card``), and the choices of the recipients' filter (``choices``)."""

    page: Page
    seen: QueryDict

    @property
    def actions(self) -> list[Action]:
        """Those that may be done now and could not be, or the other way round."""
        shown = set(self.seen.getlist("can"))
        return [one for one in self.page.actions if one.is_open != (one.name in shown)]

    @property
    def cards(self) -> list[Envelope]:
        """Uncertain envelopes that the page does not show yet."""
        return [envelope for envelope in self._uncertain if envelope.pk not in self._shown]

    @property
    def cards_gone(self) -> list[int]:
        """Ids of envelopes that it shows and that somebody has decided on."""
        return sorted(self._shown - {envelope.pk for envelope in self._uncertain})

    @property
    def has_other_choices(self) -> bool:
        return self.seen.get("choices") != self.page.choices_key

    @cached_property
    def _shown(self) -> set[int]:
        ids = IdsField(required=False).to_python(self.seen.getlist("card"))
        return set(ids[:MOST_DECISIONS])

    @cached_property
    def _uncertain(self) -> list[Envelope]:
        if not self.page.has_uncertain:
            return []
        return uncertain_envelopes(self.page.message, MOST_DECISIONS, self._shown)
