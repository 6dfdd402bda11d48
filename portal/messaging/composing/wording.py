"""The text as an author writes it, with placeholders or without."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.core.explain import explain
from portal.messaging.composing.values import Values
from portal.messaging.services import check_segments, check_text
from sms.placeholders import PlaceholderRefused, Rendered, Template, parse
from sms.segments import count
from sms.text import BREAK, TextRefused, prepare_text

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{[^{}\n]*\}")


@dataclass(frozen=True)
class Wording:
    """``typed``: as it stands in the form. ``defaults``: for placeholders without a value."""

    member: User
    typed: str
    values: Values
    defaults: Mapping[str, str]

    @cached_property
    def template(self) -> Template:
        """Raises ``Refused`` (field ``text``) for what is no placeholder, or none that there is."""
        try:
            template = parse(BREAK.sub("\n", self.typed))
            if not template.is_plain:
                template.check_names(self.values.names)
        except PlaceholderRefused as refusal:
            raise Refused(explain(refusal), field="text") from None
        return template

    @property
    def is_plain(self) -> bool:
        """Whether everybody gets the same; what cannot be read is nobody's own either."""
        try:
            return self.template.is_plain
        except Refused:
            return True

    @property
    def for_everybody(self) -> str:
        """What everybody gets of a text without placeholders; as typed where it cannot be read."""
        try:
            return self.template.render({}).text
        except Refused:
            return self.typed

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders in it, folded; none while it cannot be read."""
        try:
            return self.template.names
        except Refused:
            return ()

    def check(self) -> None:
        """Refuses what cannot be sent whatever the values are: ``Refused`` (field ``text``)."""
        if self.template.is_plain:
            check_text(self.member, self.for_everybody)
            return
        try:
            prepare_text(self.bare)
        except TextRefused as refusal:
            raise Refused(explain(refusal), field="text") from None
        check_segments(self.member, count(self.for_everybody).segments)

    @property
    def bare(self) -> str:
        """The author's own letters in their places; each of a placeholder is an ``x``."""
        return _PLACEHOLDER.sub(_crossed_out, BREAK.sub("\n", self.typed))

    def rendered(self, phones: Sequence[str]) -> list[Rendered]:
        """For each of ``phones``, or one sample for nobody. Raises ``Refused``."""
        found = self.values.of(phones, self.template.names)
        return [self.template.render(values, self.defaults) for values in found]

    def as_seen(self, phones: Sequence[str]) -> str:
        """The first recipient's text, or a sample; a missing value stands there by its name. Raises
        ``Refused``."""
        values = self.values.of(phones, self.template.names)[0]
        holes = {name: f"{{{name}}}" for name in self.template.names}
        return self.template.render(values, holes | dict(self.defaults)).text


def _crossed_out(found: re.Match[str]) -> str:
    is_brace = found.group() in {"{{", "}}"}
    return found.group() if is_brace else "x" * len(found.group())
