from django.urls import path

from portal.messaging import views

app_name = "messaging"
urlpatterns = [
    path("new", views.compose, name="compose"),
    path("confirm", views.confirm, name="confirm"),
    path("send", views.send, name="send"),
    path("live", views.live, name="live"),
    path("recipients", views.recipients, name="recipients"),
]
