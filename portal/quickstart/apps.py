from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuickstartConfig(AppConfig):
    name = "portal.quickstart"
    label = "quickstart"
    verbose_name = _("Quick start")
