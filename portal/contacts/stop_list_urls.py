from django.urls import path

from portal.contacts import stop_list_views

urlpatterns = [
    path("", stop_list_views.stop_list, name="stop_list"),
    path("add/", stop_list_views.stop_list_add_numbers, name="stop_list_add"),
    path("<int:pk>/remove/", stop_list_views.stop_list_remove_number, name="stop_list_remove"),
]
