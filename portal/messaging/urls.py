from django.urls import include, path

from portal.messaging import views
from portal.messaging.composing import views as composing
from portal.messaging.mailings import people_view
from portal.messaging.mailings import views as mailings
from portal.messaging.plans import actions as plan_actions
from portal.messaging.plans import views as plans
from portal.messaging.sheets import views as sheets

app_name = "messaging"
urlpatterns = [
    path("messages/new", views.compose, name="compose"),
    path("messages/drafts/<int:pk>", views.draft, name="draft"),
    path("messages/save", composing.save, name="save"),
    path("messages/trial", composing.trial, name="trial"),
    path("messages/confirm", views.confirm, name="confirm"),
    path("messages/send", views.send, name="send"),
    path("messages/live", views.live, name="live"),
    path("messages/recipients", views.recipients, name="recipients"),
    path("mailings/<int:pk>/recipients/", people_view.mailing_people, name="mailing_people"),
    path("messages/when", plans.when, name="when"),
    path("mailings/", plans.mailings, name="mailings"),
    path("mailings/calendar/", plans.calendar, name="calendar"),
    path("mailings/<int:pk>/edit", plan_actions.edit, name="mailing_edit"),
    path("mailings/<int:pk>/cancel", plan_actions.cancel, name="mailing_cancel"),
    path("mailings/sheets/new", sheets.sheet_add, name="sheet_add"),
    path("mailings/sheets/<int:pk>/", sheets.sheet, name="sheet"),
    path("mailings/sheets/<int:pk>/reread/", sheets.sheet_reread, name="sheet_reread"),
    path("mailings/sheets/<int:pk>/rows/", sheets.sheet_rows, name="sheet_rows"),
    path("mailings/sheets/<int:pk>/delete/", sheets.sheet_remove, name="sheet_delete"),
    path("mailings/", include("portal.messaging.approvals.urls")),
    path("mailings/<int:pk>/", mailings.mailing, name="mailing"),
    path("mailings/<int:pk>/progress", mailings.progress, name="mailing_progress"),
    path("mailings/<int:pk>/confirm", mailings.confirm, name="mailing_confirm"),
    path("mailings/<int:pk>/release", mailings.release, name="mailing_release"),
    path("mailings/<int:pk>/missing", mailings.missing, name="mailing_missing"),
]
