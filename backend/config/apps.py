from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "backend.config"
    label = "wiring"

    def ready(self) -> None:
        # Record types name models, which exist only once every app is loaded.
        from . import wiring

        wiring.install()
