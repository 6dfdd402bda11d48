"""Gates that a view's request passes before it: sign-in, membership, right."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request whose user is known to be an active member of an organisation."""

    member: User
    organisation: Organisation


View = Callable[Concatenate[MemberRequest, P], HttpResponseBase]


def requires(right: Right) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """Let only members whose role has ``right`` through, as ``request.member``.

    Anonymous: to sign-in. Platform staff outside organisations: to the admin. Others: 403.
    """

    def gate(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        @login_required
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = cast(User, request.user)
            if user.organisation is None and user.is_staff:
                return redirect("admin:index")
            if user.organisation is None or not user.may(right):
                raise PermissionDenied
            member_request = cast(MemberRequest, request)
            member_request.member, member_request.organisation = user, user.organisation
            return view(member_request, *args, **kwargs)

        gated.required_right = right  # type: ignore[attr-defined]  # read by the access matrix
        return gated

    return gate
