from django.urls import path

from portal.messaging.message_templates import views

app_name = "templates"
urlpatterns = [
    path("", views.templates, name="templates"),
    path("add/", views.template_add, name="add"),
    path("live/", views.live, name="live"),
    path("<int:pk>/", views.template, name="template"),
    path("<int:pk>/change/", views.template_edit, name="change"),
    path("<int:pk>/delete/", views.template_remove, name="delete"),
]
