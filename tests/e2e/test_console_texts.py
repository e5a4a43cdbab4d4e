"""The words of the pages: both languages, none unused, none written into a template."""

import re
from pathlib import Path

from backend.console import texts

CONSOLE = Path(texts.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")
USED = re.compile(r"""["'](\w+\.\w+)["']""")
VALUES = re.compile(r"{(\w+)}")


def sources() -> str:
    files = [*CONSOLE.rglob("*.py"), *CONSOLE.rglob("*.html")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_text_has_both_languages_with_the_same_values() -> None:
    for key in texts.every_key():
        pair = texts.pair(key)
        assert set(pair) == {"zh", "en"}, key
        assert set(VALUES.findall(pair["zh"])) == set(VALUES.findall(pair["en"])), key
        assert not HAN.search(pair["en"]), key


def test_no_page_has_words_of_its_own() -> None:
    for path in CONSOLE.rglob("*.html"):
        assert not HAN.search(path.read_text(encoding="utf-8")), path.name


def test_every_text_is_used_and_every_used_text_exists() -> None:
    known = set(texts.every_key())
    pages = {key.split(".")[0] for key in known}
    said = {key for key in USED.findall(sources()) if key.split(".")[0] in pages}
    composed = {key for key in known if key.startswith(("nav.", "clock.", "done."))}
    assert said - known == set()
    assert known - composed - said == set()
