"""The border where a JSON body comes in: what no column can hold is refused here, not by each field."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from .unusable import unusable


class StrictJson(JSONParser):
    """JSON whose texts PostgreSQL can hold and which is not nested beyond any use."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("nested too deeply") from error
        if problem := unusable(body):
            raise ParseError(problem)
        return body
