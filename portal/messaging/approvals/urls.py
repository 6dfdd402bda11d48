"""Under /mailings/, in the namespace of messaging."""

from django.urls import path

from portal.messaging.approvals import views

urlpatterns = [
    path("approval-rules/", views.rules, name="approval_rules"),
    path("<int:pk>/approval/", views.approval, name="approval"),
    path("<int:pk>/approval/grant", views.approve, name="approval_grant"),
    path("<int:pk>/approval/return", views.give_back, name="approval_return"),
]
