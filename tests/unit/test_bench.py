"""The benches are scripts that nobody imports: each is at least one that starts."""

import importlib
import pkgutil

import pytest

from tests import bench

NAMES = [module.name for module in pkgutil.iter_modules(bench.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_a_bench_can_be_started(name: str) -> None:
    importlib.import_module(f"tests.bench.{name}")
