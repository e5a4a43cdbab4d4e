"""From a village as people write it to its code, within the divisions somebody may import into."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

from .cells import Refused, plain

_TOWNSHIP, _VILLAGE = 9, 12
_FORMS = re.compile(r"(村民委员会|居民委员会|村委会|居委会|委会)$")
_KINDS = re.compile(r"(社区|街道|村|镇|乡)$")
_ALIKE = 60


class Places:
    """`divisions`: code → name of townships and villages."""

    def __init__(self, divisions: Mapping[str, str]) -> None:
        self.names = divisions
        self._by_name: dict[str, set[str]] = defaultdict(set)
        for code, name in divisions.items():
            for form in _forms(name):
                self._by_name[form].add(code)

    def village(self, said: str, township: str) -> str:
        """The 12 digits. Raises `Refused`, keeping the township's code where only that is known."""
        word = plain(said)
        if re.fullmatch(r"[0-9]{12}", word):
            if word in self.names:
                return word
            raise Refused("roster.village_outside")
        within = self._township(plain(township))
        if not word and not within:
            raise Refused("roster.village_missing")
        found = self._find(word, within)
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused("roster.village_ambiguous", kept=within or None)
        if within:
            raise Refused("roster.village_township", kept=within, hint=self._nearest(word, within))
        raise Refused("roster.village_unknown", hint=self._nearest(word, ""))

    def _township(self, word: str) -> str:
        found = [code for code in self._by_name.get(word, ()) if len(code) == _TOWNSHIP]
        return found[0] if len(found) == 1 else word if word in self.names else ""

    def _find(self, word: str, within: str) -> list[str]:
        """Village codes of that name. 台拱 is taken for 台拱村 where only one place is called so."""
        for form in (word, _KINDS.sub("", _FORMS.sub("", word))):
            found = [
                code
                for code in self._by_name.get(form, ())
                if len(code) == _VILLAGE and code.startswith(within)
            ]
            if found:
                return sorted(found)
        return []

    def _nearest(self, word: str, within: str) -> str:
        names = _short(
            name
            for code, name in self.names.items()
            if len(code) == _VILLAGE and code.startswith(within)
        )
        best = process.extractOne(word, names, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        return str(best[0]) if best else "、".join(names[:5])


def _short(names: Iterable[str]) -> list[str]:
    return [_FORMS.sub("", name) for name in names]


def _forms(name: str) -> set[str]:
    """台拱村村民委员会, 台拱村村委会, 台拱村, 台拱."""
    short = _FORMS.sub("", plain(name))
    return {plain(name), short, _KINDS.sub("", short), f"{short}村委会", f"{short}居委会"}
