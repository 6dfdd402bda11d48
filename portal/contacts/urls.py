from django.urls import include, path

from portal.contacts import views
from portal.contacts.fields import views as fields
from portal.contacts.groups import filter_views
from portal.contacts.groups import views as groups
from portal.contacts.lists import views as lists
from portal.contacts.merging import views as merging

app_name = "contacts"
urlpatterns = [
    path("", include("portal.contacts.export.urls")),
    path("imports/", include("portal.contacts.imports.urls")),
    path("", lists.contacts, name="contacts"),
    path("size/", lists.found_size, name="found_size"),
    path("add/", views.contact_add, name="add"),
    path("<int:pk>/", views.contact_page, name="contact"),
    path("<int:pk>/change/", views.contact_edit, name="edit"),
    path("<int:pk>/archive/", views.contact_to_archive, name="archive"),
    path("<int:pk>/restore/", views.contact_from_archive, name="restore"),
    path("<int:pk>/delete/", views.contact_remove, name="delete"),
    path("<int:pk>/merge/<int:other_pk>/", merging.merge, name="merge"),
    path("<int:pk>/merge/<int:other_pk>/preview/", merging.merge_preview, name="merge_preview"),
    path("<int:pk>/apart/<int:other_pk>/", merging.tell_apart, name="tell_apart"),
    path("duplicates/", merging.duplicates, name="duplicates"),
    path("duplicates/apart/", merging.told_apart, name="told_apart"),
    path("duplicates/apart/<int:pk>/take-back/", merging.take_back, name="take_back"),
    path("fields/", fields.fields, name="fields"),
    path("fields/<int:pk>/rename/", fields.field_edit, name="field_rename"),
    path("fields/<int:pk>/move/", fields.field_step, name="field_move"),
    path("fields/<int:pk>/delete/", fields.field_remove, name="field_delete"),
    path("bulk/", include("portal.contacts.bulk.urls")),
    path("stop-list/", include("portal.contacts.stop_list.urls")),
    path("groups/", groups.groups, name="groups"),
    path("groups/add/", groups.group_add, name="group_add"),
    path("groups/filters/add/", filter_views.filter_add, name="filter_add"),
    path("groups/<int:pk>/", groups.group, name="group"),
    path("groups/<int:pk>/size/", groups.group_size, name="group_size"),
    path("groups/<int:pk>/filter/", filter_views.filter_edit, name="filter_edit"),
    path("groups/<int:pk>/rename/", groups.group_edit, name="group_rename"),
    path("groups/<int:pk>/delete/", groups.group_remove, name="group_delete"),
    path(
        "groups/<int:pk>/contacts/<int:contact_pk>/add/",
        groups.member_add,
        name="group_contact_add",
    ),
    path(
        "groups/<int:pk>/contacts/<int:contact_pk>/remove/",
        groups.member_remove,
        name="group_contact_remove",
    ),
]
