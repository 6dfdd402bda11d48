"""Members of the signed-in member's own organisation."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.member_forms import MemberAddForm, MemberChangeForm
from portal.accounts.models import User
from portal.accounts.rights import Right, Role
from portal.accounts.services import member_change, member_create, member_new_password
from portal.core.errors import Refused
from portal.core.keyset import keyset_page
from portal.core.refusals import show_refusal


@require_safe
@requires(Right.SEE_MEMBERS)
def members(request: MemberRequest) -> HttpResponse:
    page = keyset_page(
        User.objects.filter(organisation=request.organisation),
        fields=("email", "id"),
        cursor=request.GET.get("cursor"),
    )
    context = {"page": page, "may_edit": request.member.may(Right.EDIT_MEMBERS)}
    return render(request, "members/members.html", context)


@never_cache
@sensitive_variables("password")
@requires(Right.EDIT_MEMBERS)
def member_add(request: MemberRequest) -> HttpResponse:
    form = MemberAddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            member, password = member_create(
                organisation=request.organisation,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=Role(form.cleaned_data["role"]),
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return _show_password(request, member, password, is_new=True)
    return render(request, "members/member_add.html", {"form": form})


@requires(Right.EDIT_MEMBERS)
def member_edit(request: MemberRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    is_self = member.pk == request.member.pk
    form = MemberChangeForm(request.POST or None, member=member, is_self=is_self)
    if request.method == "POST" and form.is_valid():
        try:
            member_change(
                member=member,
                role=Role(form.cleaned_data["role"]),
                is_active=form.cleaned_data["is_active"],
                name=form.cleaned_data["name"],
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The member has been saved."))
            return redirect("members:members")
    context = {"form": form, "member": member, "is_self": is_self}
    return render(request, "members/member_edit.html", context)


@require_POST
@never_cache
@sensitive_variables("password")
@requires(Right.EDIT_MEMBERS)
def new_password(request: MemberRequest, pk: int) -> HttpResponse:
    """One's own password is changed at its own page, where the old one is asked for."""
    member = _member(request, pk)
    if member.pk == request.member.pk:
        return redirect("account_change_password")
    try:
        password = member_new_password(member=member, actor=request.member)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return redirect("members:edit", pk=pk)
    return _show_password(request, member, password, is_new=False)


def _member(request: MemberRequest, pk: int) -> User:
    own = User.objects.filter(organisation=request.organisation)
    return get_object_or_404(own.select_related("organisation"), pk=pk)


@sensitive_variables("password", "context")
def _show_password(
    request: MemberRequest, member: User, password: str, *, is_new: bool
) -> HttpResponse:
    """The only page that ever holds the password: it is kept nowhere to show it again."""
    context = {
        "member": member,
        "password": password,
        "is_new": is_new,
        "language_next": reverse("members:members"),
    }
    return render(request, "members/one_time_password.html", context)
