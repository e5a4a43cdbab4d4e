import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django = get_wsgi_application()

from backend.config import timeouts  # noqa: E402 - after the apps are ready
from backend.recovery.serving import AfterTheLedger  # noqa: E402

timeouts.limit()

application = AfterTheLedger(django)
