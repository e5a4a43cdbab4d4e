from django.apps import AppConfig


class ChildrenConfig(AppConfig):
    name = "backend.children"
