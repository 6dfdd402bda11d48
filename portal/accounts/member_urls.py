from django.urls import path

from portal.accounts import member_views

app_name = "members"
urlpatterns = [
    path("", member_views.members, name="members"),
    path("add/", member_views.member_add, name="add"),
    path("<int:pk>/", member_views.member_edit, name="edit"),
    path("<int:pk>/new-password/", member_views.new_password, name="new_password"),
]
