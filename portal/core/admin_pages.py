"""What the administrators' pages have in common: they show rows and call services.

No page saves a row itself. A form's changes go to a service, which audits them, and what the
service refuses stands beside the field at fault. Nothing is ever deleted here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portal.core.errors import Refused

M = TypeVar("M", bound=models.Model)
if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin
    _ModelForm = forms.ModelForm[Any]
    _Paginator = Paginator[Any]
else:
    # Django's own cannot be subscripted at run time.
    class _ModelAdmin(admin.ModelAdmin, Generic[M]):
        pass

    _ModelForm, _Paginator = forms.ModelForm, Paginator

MOST_COUNTED = 10_000


class CappedPaginator(_Paginator):
    """Counts and pages through no more than ``MOST_COUNTED`` rows."""

    @cached_property
    def count(self) -> int:
        rows = cast(models.QuerySet[Any], self.object_list)
        return min(rows[: MOST_COUNTED + 1].count(), MOST_COUNTED)


@dataclass(frozen=True)
class ObjectAction:
    """A button on an object's page.

    ``run(object, actor, cleaned form data)`` calls a service and returns words for the
    administrator. With ``form_class`` the button opens a page that asks for more first;
    ``fit(form, object)`` gives the form the object's own choices and values.
    """

    name: str
    label: str | Promise
    run: Callable[[Any, Any, Mapping[str, Any]], str]
    is_open: Callable[[Any], bool] = lambda _object: True
    form_class: type[forms.Form] | None = None
    fit: Callable[[Any, Any], None] = lambda _form, _object: None


class RefusableForm(_ModelForm):
    """A form that can carry what a service refused after the form itself was content."""

    refusal: ClassVar[Refused | None] = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            known = self.refusal.field in self.fields
            self.add_error(self.refusal.field if known else None, str(self.refusal.message))
        return cleaned


class ReadOnlyAdmin(_ModelAdmin[M]):
    """Shows rows to administrators and changes nothing."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    actions: Any = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The audit trail is the one history of an object."""
        query = {"object_type": self.opts.label_lower, "object_id": unquote(object_id)}
        return HttpResponseRedirect(f"{reverse('admin:audit_event_changelist')}?{urlencode(query)}")


class ServiceAdmin(ReadOnlyAdmin[M]):
    """Adds and changes rows through services; offers ``object_actions`` as buttons."""

    form = RefusableForm
    change_form_template = "admin/object_page.html"
    object_actions: ClassVar[Iterable[ObjectAction]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return is_administrator(request)

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> M:
        """Call the service that makes a row of the form's ``fields``."""
        raise NotImplementedError

    def change(self, request: HttpRequest, obj: M, changes: dict[str, Any]) -> None:
        """Call the service that changes ``obj``; ``changes`` holds only what was edited."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            self.change(request, obj, changes)
        else:
            obj.pk = self.create(request, dict(form.cleaned_data)).pk

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            # The transaction is rolled back; the same form again, with the refusal on it.
            request.portal_refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "portal_refusal", None)
        return type(form_class.__name__, (form_class,), {"refusal": refusal})

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Services write the audit trail; Django's own log stays empty."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """As ``log_addition``."""

    def get_urls(self) -> list[URLPattern]:
        url_name = f"{self.opts.app_label}_{self.opts.model_name}_action"
        view = self.admin_site.admin_view(self.object_action_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=url_name), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        obj = context.get("original")
        context["object_actions"] = [
            (action, self._action_url(obj, action))
            for action in self.object_actions
            if obj and action.is_open(obj)
        ]
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def object_action_view(
        self, request: HttpRequest, object_id: str, name: str
    ) -> HttpResponseBase:
        action = next((one for one in self.object_actions if one.name == name), None)
        obj = self.get_object(request, unquote(object_id))
        if action is None or obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if action.form_class is None:
            return self._press(request, obj, action)
        return self._ask_and_do(request, obj, action, action.form_class)

    def _press(self, request: HttpRequest, obj: M, action: ObjectAction) -> HttpResponseBase:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            messages.success(request, action.run(obj, request.user, {}))
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        return HttpResponseRedirect(self._page_url(obj))

    def _ask_and_do(
        self,
        request: HttpRequest,
        obj: M,
        action: ObjectAction,
        form_class: type[forms.Form],
    ) -> HttpResponseBase:
        form = form_class(request.POST if request.method == "POST" else None)
        action.fit(form, obj)
        if form.is_valid():
            try:
                messages.success(request, action.run(obj, request.user, form.cleaned_data))
                return HttpResponseRedirect(self._page_url(obj))
            except Refused as refusal:
                known = refusal.field in form.fields
                form.add_error(refusal.field if known else None, str(refusal.message))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "title": action.label,
            "subtitle": str(obj),
            "form": form,
            "page_url": self._page_url(obj),
        }
        return TemplateResponse(request, "admin/object_action.html", context)

    def _page_url(self, obj: M) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def _action_url(self, obj: M, action: ObjectAction) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_action"
        return reverse(name, args=[obj.pk, action.name])


class ReasonForm(forms.Form):
    """Why; the service that asks for it says what the reason must be."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


def is_administrator(request: HttpRequest) -> bool:
    user = cast(Any, request.user)
    return bool(user.is_active and user.is_staff)
