from django.urls import include, path

from portal.contacts import group_views, list_views, views

app_name = "contacts"
urlpatterns = [
    path("", include("portal.contacts.export.urls")),
    path("", list_views.contacts, name="contacts"),
    path("add/", views.contact_add, name="add"),
    path("<int:pk>/", views.contact_edit, name="edit"),
    path("<int:pk>/delete/", views.contact_remove, name="delete"),
    path("groups/", group_views.groups, name="groups"),
    path("groups/add/", group_views.group_add, name="group_add"),
    path("groups/<int:pk>/", group_views.group, name="group"),
    path("groups/<int:pk>/rename/", group_views.group_edit, name="group_rename"),
    path("groups/<int:pk>/delete/", group_views.group_remove, name="group_delete"),
    path(
        "groups/<int:pk>/contacts/<int:contact_pk>/add/",
        group_views.member_add,
        name="group_contact_add",
    ),
    path(
        "groups/<int:pk>/contacts/<int:contact_pk>/remove/",
        group_views.member_remove,
        name="group_contact_remove",
    ),
]
