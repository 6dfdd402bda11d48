from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from portal.home import home

# Administrators sign in where everybody does, under the same throttle.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home, name="home"),
    path("account/", include("portal.accounts.urls")),
    path("members/", include("portal.accounts.member_urls")),
    path("contacts/", include("portal.contacts.urls")),
    path("sender-names/", include("portal.senders.urls")),
    path("templates/", include("portal.messaging.message_templates.urls")),
    path("", include("portal.messaging.urls")),
    path("history/", include("portal.history.urls")),
    path("", include("portal.operations.urls")),
    path("language/", require_POST(set_language), name="set_language"),
    path("admin/", admin.site.urls),
]
