from django.urls import path

from portal.history import actions, of_contact, of_mailing, uncertain, views

app_name = "history"
urlpatterns = [
    path("", views.message_list, name="messages"),
    path("rows", views.rows, name="rows"),
    path("contacts/<int:pk>", of_contact.of_contact, name="of_contact"),
    path("mailings/<int:pk>", of_mailing.of_mailing, name="of_mailing"),
    path("mailings/<int:pk>/pause", of_mailing.pause, name="mailing_pause"),
    path("mailings/<int:pk>/resume", of_mailing.resume, name="mailing_resume"),
    path("mailings/<int:pk>/stop", of_mailing.cancel, name="mailing_stop"),
    path("mailings/<int:pk>/let-go", of_mailing.let_go, name="mailing_let_go"),
    path("<int:pk>", views.message_page, name="message"),
    path("<int:pk>/progress", views.progress, name="progress"),
    path("<int:pk>/pause", actions.pause, name="pause"),
    path("<int:pk>/resume", actions.resume, name="resume"),
    path("<int:pk>/cancel", actions.cancel, name="cancel"),
    path("<int:pk>/release", actions.release, name="release"),
    path("<int:pk>/let-go", actions.let_go, name="let_go"),
    path("<int:pk>/rejected", views.resend, name="resend"),
    path("<int:pk>/resend", actions.resend, name="resend_send"),
    path("<int:pk>/uncertain", uncertain.uncertain_page, name="uncertain"),
    path("<int:pk>/uncertain/settle", uncertain.settle_all, name="uncertain_settle"),
    path(
        "<int:pk>/envelopes/<int:envelope_pk>/was-sent",
        uncertain.envelope_was_sent,
        name="was_sent",
    ),
    path(
        "<int:pk>/envelopes/<int:envelope_pk>/was-not-sent",
        uncertain.envelope_was_not_sent,
        name="was_not_sent",
    ),
    path(
        "<int:pk>/envelopes/<int:envelope_pk>/send-again",
        uncertain.envelope_send_again,
        name="send_again",
    ),
]
