"""Django's admin, to look at only: what is changed goes through services and operations."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver

# Django's own forms for what the office's pages do with the lock-out and the audit line.
_ELSEWHERE = {"login", "password_change", "password_change_done", "view_on_site", "autocomplete"}


class Site(admin.AdminSite):
    """Holds what our apps register here, and nothing that a library brings along.

    `admits` says who gets in; to everybody else who has logged in nothing is here.
    """

    site_header = site_title = "护行 Huxing"
    index_title = "只读 look only"
    admits: Callable[[HttpRequest], bool] = staticmethod(lambda request: False)

    def has_permission(self, request: HttpRequest) -> bool:
        return self.admits(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        opened = super().admin_view(view, cacheable)

        @wraps(opened)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            return opened(request, *args, **kwargs)

        return guarded

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", "") not in _ELSEWHERE]


class LookOnly(admin.ModelAdmin):
    """Shows rows and changes none, whoever asks. Who gets in at all is the site's to say."""

    actions = None
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


site = Site(name="admin")
