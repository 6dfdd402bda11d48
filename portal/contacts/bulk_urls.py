from django.urls import path

from portal.contacts import bulk_views

urlpatterns = [
    path("", bulk_views.bulk_ask, name="bulk"),
    path("begin/", bulk_views.bulk_begin, name="bulk_begin"),
    path("<int:pk>/", bulk_views.bulk_action, name="bulk_action"),
    path("<int:pk>/cancel/", bulk_views.bulk_stop, name="bulk_cancel"),
]
