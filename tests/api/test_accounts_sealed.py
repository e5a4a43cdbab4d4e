"""What a copy of the database alone says about people: nothing that names or reaches them."""

import pytest
from django.db import connection

from backend.accounts import queries, services
from backend.accounts.models import Person

from .conftest import NOW, PASSWORD

NAME, PHONE = "龙阿朵", "13985501234"


@pytest.fixture
def ado(transactional_db: None) -> Person:
    return services.person_create(
        username="ado", name=NAME, phone=PHONE, password=PASSWORD, actor=None, now=NOW
    )


def rows_of(prefix: str) -> bytes:
    """Every row of the tables with this prefix, as a dump would show them, binary columns too."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t.startswith(prefix)]
        shown = b""
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                shown += b"|".join(
                    bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    for value in row
                )
    return shown


@pytest.mark.parametrize("secret", [NAME, PHONE, PASSWORD])
def test_no_name_phone_or_password_is_readable_in_a_row(ado: Person, secret: str) -> None:
    shown = rows_of("accounts_") + rows_of("audit_")
    assert b"ado" in shown
    assert secret.encode() not in shown


def test_with_the_keys_the_name_is_there_again(ado: Person) -> None:
    assert queries.names([ado.id]) == {ado.id: NAME}
