"""Which of the two languages the reader of this request chose."""

from django.utils.translation import get_language


def language() -> str:
    """`zh` or `en`; Chinese when she chose nothing."""
    return "en" if (get_language() or "").startswith("en") else "zh"
