from django.apps import AppConfig


class FieldformsConfig(AppConfig):
    name = "fieldforms"
