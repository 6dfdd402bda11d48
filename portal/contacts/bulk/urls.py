from django.urls import path

from portal.contacts.bulk import views

urlpatterns = [
    path("", views.bulk_ask, name="bulk"),
    path("begin/", views.bulk_begin, name="bulk_begin"),
    path("<int:pk>/", views.bulk_action, name="bulk_action"),
    path("<int:pk>/cancel/", views.bulk_stop, name="bulk_cancel"),
]
