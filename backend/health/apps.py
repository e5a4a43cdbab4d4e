from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "backend.health"

    def ready(self) -> None:
        from . import celery_signals

        celery_signals.connect()
