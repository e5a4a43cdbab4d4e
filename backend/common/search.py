"""What a sealed name or phone can be found by: keyed hashes of characters, readings and digits."""

import re
from collections.abc import Iterable

from .encrypted import index_token


def normalise_phone(phone: str) -> str:
    """Digits only, without the country code."""
    digits = re.sub(r"\D", "", phone)
    return digits.removeprefix("86") if len(digits) == 13 else digits


def phone_token(phone: str) -> int:
    return index_token("phone", normalise_phone(phone))


def name_tokens(name: str) -> set[int]:
    """Keyed hashes of each character and of each reading of it, so that homophones meet."""
    # A dictionary of 47,000 phrases, which few processes ever need.
    from pypinyin import Style, pinyin

    tokens = {index_token("name.char", character) for character in name if not character.isspace()}
    for readings in pinyin(name, style=Style.NORMAL, heteronym=True, errors="ignore"):
        tokens |= {index_token("name.syllable", reading) for reading in readings}
    return tokens


def card_tokens(*, name: str, phones: Iterable[str]) -> list[int]:
    """Everything a person's card is found by, sorted."""
    return sorted(name_tokens(name) | {phone_token(phone) for phone in phones if phone})


def query_tokens(text: str) -> list[int]:
    """What the search box's text must contain: a phone, characters or pinyin syllables."""
    compact = text.strip()
    if re.fullmatch(r"[\d\s+-]{7,}", compact):
        return [phone_token(compact)]
    if compact.isascii():
        return [index_token("name.syllable", syllable) for syllable in compact.lower().split()]
    return [index_token("name.char", character) for character in compact if not character.isspace()]
