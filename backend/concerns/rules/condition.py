"""Reads a condition the way both engines understand it, and checks its types.

The grammar is the part of CEL whose meaning is the same on the server and on the phone:

    condition  = and { "||" and } ;          and    = not { "&&" not } ;
    not        = "!" not | comparison ;      comparison = value [ operator value | "in" value ] ;
    value      = "(" condition ")" | literal | "[" literal { "," literal } "]" | name
               | "facts." name [ ( ".exists(" | ".all(" ) name "," condition ")" ] ;

The condition inside `exists` and `all` speaks of its name and of literals, never of `facts`: with an
absent member there one engine raises and the other answers true or false (seen with
common-expression-language 0.10 and cel-js 8.0.0). What is not in the grammar raises `Unsound`, with
what to do instead.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<int>\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||[<>=!]=|[^\s\w]))"
)
_ORDER = {"<", "<=", ">", ">="}
_EQUAL = {"==", "!="}


class Unsound(ValueError):
    """The text says what is wrong and, where it can, what to do."""


@dataclass(frozen=True, slots=True)
class Value:
    """`type`: bool, int, text, list (of texts) or literals (a list of them). `codes`: what a fact may
    be, None for any; `said`: what a literal is.
    """

    type: str
    name: str = ""
    codes: Collection[str] | None = None
    said: tuple[str, ...] = ()


_BOOL = Value("bool")


def check(when: str, types: Mapping[str, str], codes: Mapping[str, Collection[str]]) -> None:
    """Raises `Unsound`. `types` of all facts; `codes` of those that are coded."""
    reader = _Reader(when, types, codes)
    value = reader.condition()
    if reader.token:
        reader.refuse()
    if value.type != "bool":
        raise Unsound(f"not a condition: {value.name or when!r} is {value.type}, not true or false")


class _Reader:
    """Recursive descent, one method for each line of the grammar."""

    def __init__(
        self, when: str, types: Mapping[str, str], codes: Mapping[str, Collection[str]]
    ) -> None:
        self.types, self.codes, self.variables = types, codes, dict[str, Value]()
        self.tokens = [(m.lastgroup or "", m[m.lastgroup or 0]) for m in _TOKEN.finditer(when)]
        self.at = 0

    @property
    def token(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token if it is one of these, or nothing."""
        if self.kind in {"name", "sign"} and self.token in wanted:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def expect(self, wanted: str) -> None:
        if not self.take(wanted):
            self.refuse()

    def refuse(self) -> None:
        if not self.token:
            raise Unsound("not a condition: it ends too early")
        raise Unsound(f"{self.token} may not be used here; compute what you need as a fact")

    def condition(self) -> Value:
        return self.joined("||", lambda: self.joined("&&", self.negation))

    def joined(self, sign: str, part: Callable[[], Value]) -> Value:
        value = part()
        while self.take(sign):
            for side in (value, part()):
                self.bool(side, sign)
            value = _BOOL
        return value

    def negation(self) -> Value:
        if self.take("!"):
            self.bool(self.negation(), "!")
            return _BOOL
        return self.comparison()

    def bool(self, value: Value, sign: str) -> None:
        if value.type != "bool":
            raise Unsound(f"{value.name or value.said} is {value.type}; {sign} takes true or false")

    def comparison(self) -> Value:
        left = self.value()
        if sign := self.take(*_ORDER, *_EQUAL):
            _compare(left, sign, self.value())
            return _BOOL
        if self.take("in"):
            _member(left, self.value())
            return _BOOL
        return left

    def value(self) -> Value:
        if self.take("("):
            value = self.condition()
            self.expect(")")
            return value
        if self.take("["):
            return self.literals()
        if self.take("facts"):
            if self.variables:
                raise Unsound(
                    "inside exists and all only the item and literals may be compared;"
                    " compare other facts outside"
                )
            return self.fact()
        if self.kind == "name" and self.token in self.variables:
            self.at += 1
            return self.variables[self.tokens[self.at - 1][1]]
        return self.literal()

    def literal(self) -> Value:
        kind, said = self.kind, self.token
        if said in {"true", "false"}:
            kind = "bool"
        if kind not in {"text", "int", "bool"}:
            self.refuse()
        self.at += 1
        return Value(kind, said=(said.strip("'\""),))

    def literals(self) -> Value:
        items = [self.literal()]
        while self.take(","):
            items.append(self.literal())
        self.expect("]")
        if any(item.type != "text" for item in items):
            raise Unsound("a list may hold texts only")
        return Value("literals", said=tuple(item.said[0] for item in items))

    def fact(self) -> Value:
        self.expect(".")
        name = self.token
        self.at += 1
        if name not in self.types:
            raise Unsound(f"no fact is called {name}; add it to facts.yaml first")
        value = Value(self.types[name], name, self.codes.get(name))
        return self.quantified(value) if self.take(".") else value

    def quantified(self, value: Value) -> Value:
        if not self.take("exists", "all"):
            self.refuse()
        if value.type != "list":
            raise Unsound(f"{value.name} is {value.type}; exists and all take a list")
        self.expect("(")
        variable = self.token
        self.at += 1
        self.expect(",")
        self.variables[variable] = Value("text", variable, value.codes)
        self.bool(self.condition(), "exists")
        del self.variables[variable]
        self.expect(")")
        return _BOOL


def _compare(left: Value, sign: str, right: Value) -> None:
    """CEL calls a text unequal to a number without complaint: such a rule would never hold."""
    if left.type != right.type:
        raise Unsound(f"{left.name or left.said} is {left.type} and is compared with {right.type}")
    if sign in _ORDER and left.type != "int":
        raise Unsound(f"{left.name or left.said} is {left.type}; {sign} compares numbers only")
    if left.type in {"list", "literals"}:
        raise Unsound("lists are not compared; say what is `in` them")
    _known(left, right)
    _known(right, left)


def _member(left: Value, right: Value) -> None:
    if left.type != "text" or right.type not in {"list", "literals"}:
        raise Unsound(f"`in` asks for a text in a list, not for {left.type} in {right.type}")
    _known(left, right)
    _known(right, left)


def _known(fact: Value, literal: Value) -> None:
    wrong = [code for code in literal.said if fact.codes is not None and code not in fact.codes]
    if wrong:
        raise Unsound(f"{fact.name} is never {wrong[0]!r}; its codes are in vocabulary.yaml")
