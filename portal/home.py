from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.accounts.models import User
from portal.accounts.rights import Right


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Where each kind of user starts: the compose form, the history or the admin."""
    user = cast(User, request.user)
    if user.may(Right.SEND):
        return redirect("messaging:compose")
    if user.may(Right.SEE_ALL_MESSAGES):
        return redirect("history:messages")
    if user.is_staff:
        return redirect("admin:index")
    raise PermissionDenied
