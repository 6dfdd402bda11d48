from django.urls import path

from portal.messaging import views
from portal.messaging.mailings import people_view

app_name = "messaging"
urlpatterns = [
    path("messages/new", views.compose, name="compose"),
    path("messages/confirm", views.confirm, name="confirm"),
    path("messages/send", views.send, name="send"),
    path("messages/live", views.live, name="live"),
    path("messages/recipients", views.recipients, name="recipients"),
    path("mailings/<int:pk>/recipients/", people_view.mailing_people, name="mailing_people"),
]
