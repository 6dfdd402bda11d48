from django.urls import include, path

from portal.contacts import field_views, filter_views, group_views, list_views, merge_views, views

app_name = "contacts"
urlpatterns = [
    path("", include("portal.contacts.export.urls")),
    path("imports/", include("portal.contacts.imports.urls")),
    path("", list_views.contacts, name="contacts"),
    path("add/", views.contact_add, name="add"),
    path("<int:pk>/", views.contact_page, name="contact"),
    path("<int:pk>/change/", views.contact_edit, name="edit"),
    path("<int:pk>/archive/", views.contact_to_archive, name="archive"),
    path("<int:pk>/restore/", views.contact_from_archive, name="restore"),
    path("<int:pk>/delete/", views.contact_remove, name="delete"),
    path("<int:pk>/merge/<int:other_pk>/", merge_views.merge, name="merge"),
    path("duplicates/", merge_views.duplicates, name="duplicates"),
    path("fields/", field_views.fields, name="fields"),
    path("fields/<int:pk>/rename/", field_views.field_edit, name="field_rename"),
    path("fields/<int:pk>/move/", field_views.field_step, name="field_move"),
    path("fields/<int:pk>/delete/", field_views.field_remove, name="field_delete"),
    path("bulk/", include("portal.contacts.bulk_urls")),
    path("stop-list/", include("portal.contacts.stop_list_urls")),
    path("groups/", group_views.groups, name="groups"),
    path("groups/add/", group_views.group_add, name="group_add"),
    path("groups/filters/add/", filter_views.filter_add, name="filter_add"),
    path("groups/<int:pk>/", group_views.group, name="group"),
    path("groups/<int:pk>/size/", group_views.group_size, name="group_size"),
    path("groups/<int:pk>/filter/", filter_views.filter_edit, name="filter_edit"),
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
