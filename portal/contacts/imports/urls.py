from django.urls import path

from portal.contacts.imports import column_views, views

urlpatterns = [
    path("", views.imports, name="imports"),
    path("add/", views.import_add, name="import_add"),
    path("<int:pk>/", views.import_page, name="import"),
    path("<int:pk>/columns/", column_views.import_columns, name="import_columns"),
    path("<int:pk>/reread/", column_views.import_reread, name="import_reread"),
    path("<int:pk>/fields/", column_views.import_field, name="import_field"),
    path("<int:pk>/progress/", views.import_progress, name="import_progress"),
    path("<int:pk>/bad-rows/", views.import_bad_rows, name="import_bad_rows"),
    path("<int:pk>/confirm/", views.import_go, name="import_confirm"),
    path("<int:pk>/cancel/", views.import_cancel, name="import_cancel"),
    path("<int:pk>/undo/", views.import_take_back, name="import_undo"),
    path("<int:pk>/delete/", views.import_remove, name="import_delete"),
]
