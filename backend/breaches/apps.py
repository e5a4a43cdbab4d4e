from django.apps import AppConfig


class BreachesConfig(AppConfig):
    name = "backend.breaches"
