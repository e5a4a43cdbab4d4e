"""Where somebody lives, to the township in clear and the village keyed: a copy of the database does not say it.

A village is three digits below its township. The database holds them as three letters, by a permutation of
the thousand that there can be, under a key of the column's domain and the township: villages of a domain are
equal where they were, prefixes down to the township work as ever, and Python only ever sees the code of
twelve digits. What the office works on has a domain of its own, so that its village is not the children's.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models.lookups import Exact, In, StartsWith
from django.utils.datastructures import OrderedSet

CHILDREN, MATTERS = "children", "matters"
_TOWNSHIP, _VILLAGE = 9, 12
_DIGITS, _LETTERS = "0123456789", "abcdefghij"
_TO_LETTERS = str.maketrans(_DIGITS, _LETTERS)
_TO_DIGITS = str.maketrans(_LETTERS, _DIGITS)


def conceal(domain: str, code: str) -> str:
    """What a column holds for a code; anything but a village's code is left as it is."""
    if not (len(code) == _VILLAGE and code.isascii() and code.isdigit()):
        return code
    township, village = code[:_TOWNSHIP], int(code[_TOWNSHIP:])
    order = _order(settings.HUXING_INDEX_KEY, domain, township)
    return township + f"{order[village]:03}".translate(_TO_LETTERS)


def reveal(domain: str, stored: str) -> str:
    """The code that a column holds."""
    township, letters = stored[:_TOWNSHIP], stored[_TOWNSHIP:]
    if not (len(letters) == _VILLAGE - _TOWNSHIP and set(letters) <= set(_LETTERS)):
        return stored
    found = _order(settings.HUXING_INDEX_KEY, domain, township).index(
        int(letters.translate(_TO_DIGITS))
    )
    return f"{township}{found:03}"


@lru_cache(maxsize=4096)
def _order(index_key: bytes, domain: str, township: str) -> tuple[int, ...]:
    """Which of the thousand each village of a township is put for."""

    def keyed(village: int) -> bytes:
        value = f"village\x00{domain}\x00{township}{village:03}".encode()
        return hmac.new(index_key, value, hashlib.sha256).digest()

    ranks = {village: rank for rank, village in enumerate(sorted(range(1000), key=keyed))}
    return tuple(ranks[village] for village in range(1000))


if TYPE_CHECKING:
    _Base = models.TextField[Any, Any]
else:
    _Base = models.TextField


class ResidenceField(_Base):
    """The code of the division where somebody lives; of a village the database holds a keyed form."""

    def __init__(self, *args: Any, domain: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.domain = domain

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "domain": self.domain}

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        if found is None or settings.HUXING_IDS_IN_CLEAR:
            return found
        return conceal(self.domain, found)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else reveal(self.domain, value)


@ResidenceField.register_lookup
class ResidenceIn(In):
    """Finds rows too that still stand in clear, because `manage.py conceal` has not come to them."""

    def batch_process_rhs(self, compiler: Any, connection: Any, rhs: Any = None) -> Any:
        domain = self.lhs.output_field.domain
        wanted = [reveal(domain, one) for one in (self.rhs if rhs is None else rhs)]
        both = sorted({form for one in wanted for form in (one, conceal(domain, one))})
        return super().batch_process_rhs(compiler, connection, OrderedSet(both))


@ResidenceField.register_lookup
class ResidenceExact(Exact):
    """As `ResidenceIn`."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if isinstance(self.rhs, str):
            return ResidenceIn(self.lhs, [self.rhs]).as_sql(compiler, connection)
        return super().as_sql(compiler, connection)


@ResidenceField.register_lookup
class ResidenceStartsWith(StartsWith):
    """Down to the township a prefix is one in the database too; a village is it or nothing."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if isinstance(self.rhs, str) and len(self.rhs) == _VILLAGE:
            return ResidenceIn(self.lhs, [self.rhs]).as_sql(compiler, connection)
        return super().as_sql(compiler, connection)
