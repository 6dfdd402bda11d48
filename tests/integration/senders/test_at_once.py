from functools import partial

import pytest

from portal.accounts.rights import Role
from portal.core.errors import Refused
from portal.senders.models import SenderName
from portal.senders.services import sender_name_request
from tests.factories import MemberFactory
from tests.integration.threads import at_once


@pytest.mark.django_db(transaction=True)
def test_a_double_click_asks_for_a_sender_name_once() -> None:
    manager = MemberFactory(role=Role.MANAGER)
    ask = partial(sender_name_request, organisation=manager.organisation, actor=manager)

    for number in range(8):
        results = at_once(*[partial(ask, value=f"ACME{number}")] * 2)

        refused = [result for result in results if isinstance(result, Exception)]
        assert [type(one) for one in refused] == [Refused]
        assert isinstance(refused[0], Refused)
        assert refused[0].field == "value"
    assert SenderName.objects.count() == 8
