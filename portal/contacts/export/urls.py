from django.urls import path

from portal.contacts.export import views

urlpatterns = [path("export/", views.export, name="export")]
