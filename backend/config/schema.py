"""The description of the API that clients read: OpenAPI, and JSON where it refuses."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.encoding import force_bytes
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SCHEMA_KWARGS, SpectacularAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    @extend_schema(**SCHEMA_KWARGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.query_params.get("lang")
        language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
        renderer: Any = type(request.accepted_renderer)
        return HttpResponse(
            _described(language or settings.LANGUAGE_CODE, renderer),
            content_type=request.accepted_media_type,
            headers={
                "Content-Disposition": f'inline; filename="{self._get_filename(request, None)}"'
            },
        )

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """An error is no description: it has the shape and the type of every other one."""
        if getattr(response, "exception", False):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


@cache
def _described(language: str, renderer: Any) -> bytes:
    """Made once in a process: it takes a second, and whoever is not logged in may ask for it."""
    with translation.override(language):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    return force_bytes(renderer().render(schema))
