"""What an operator may set is written down."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'\benv(?:_\w+)?\(\s*"([A-Z_]+)"')
LISTED = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


def test_every_environment_variable_stands_in_the_readme_and_no_other() -> None:
    settings = (ROOT / "backend/config/settings.py").read_text(encoding="utf-8")
    readme = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
    assert set(READ.findall(settings)) == set(LISTED.findall(readme))
