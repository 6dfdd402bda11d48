from django.urls import path

from portal.contacts.stop_list import views

urlpatterns = [
    path("", views.stop_list, name="stop_list"),
    path("add/", views.stop_list_add_numbers, name="stop_list_add"),
    path("<int:pk>/remove/", views.stop_list_remove_number, name="stop_list_remove"),
]
