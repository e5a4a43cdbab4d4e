"""What a web process loads before it serves, so that no request waits for it.

Commands, worker and beat load the same things when they need them, which most of them never do.
"""

from django.urls import get_resolver

from backend.common import search
from fieldforms import sealing


def up() -> None:
    """The routes with all their views, the dictionary of readings, and the forms."""
    _ = get_resolver().url_patterns
    search.name_tokens("护行")
    sealing.sealed_questions()
