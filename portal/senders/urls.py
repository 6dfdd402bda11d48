from django.urls import path

from portal.senders import views

app_name = "senders"
urlpatterns = [
    path("", views.sender_names, name="sender_names"),
    path("ask/", views.sender_name_ask, name="ask"),
]
