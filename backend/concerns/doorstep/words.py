"""What she is shown, for scripts and in words. Pure; Chinese first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldforms import words as open_words
from fieldforms.vocabulary import codes, label

from .judged import Call, Judged, Shown, gravest_first

Pair = Mapping[str, str]
NOTES: Mapping[str, Pair] = {
    "no_rules": {
        "zh": "手机里还没有判断规则，这次没法提示。记录不等于报警：孩子有危险，马上打110。请尽快同步。",
        "en": "This phone has no rules yet and cannot judge. A record is not a report: if the child is in"
        " danger, call 110 now. Sync as soon as you can.",
    },
    "closed": {
        "zh": "手机已锁，看不到孩子的档案：只按这次的答案判断。",
        "en": "This phone is closed and cannot see the child's file: judged by these answers alone.",
    },
    "by_hand": {
        "zh": "有一项手机判断不了，请您自己判断。孩子有危险，马上打110。",
        "en": "Something could not be judged on this phone. Judge it yourself; if the child is in danger,"
        " call 110 now.",
    },
    "not_a_report": {
        "zh": "记录不等于报警：电话要您现在打。",
        "en": "A record is not a report: the call is yours to make, now.",
    },
    # The family may see the screen: neither names what the words speak of.
    "words_private": {
        "zh": "您写的话里有不便让别人看到的吗？有就移到保密部分；没有就答“与此无关”。",
        "en": "Is there anything in your words that others had better not see? Move it into the sealed part,"
        " or answer that it is about another matter.",
    },
    "words_grave": {
        "zh": "您写的话里像有要紧的事，选项里却没有选。请再看一遍；孩子有危险，马上打110。",
        "en": "Your words seem to say something grave, and nothing is ticked. Look again; if the child is in"
        " danger, call 110 now.",
    },
    "sealed_open": {
        "zh": "保密部分还有没回答的问题，请在没有人看到的地方补上。",
        "en": "The sealed part has open questions. Answer them where nobody sees the screen.",
    },
}  # fmt: skip
_DO: Pair = {"zh": "现在要做：", "en": "Do now: "}
_CALL: Pair = {"zh": "打电话：", "en": "Call: "}
_ALONE: Pair = {"zh": "到没有人听到的地方打电话：", "en": "Call where nobody hears you: "}
_WRITE: Pair = {"zh": "请记下：", "en": "Write down: "}
_ASK: Pair = {"zh": "请再问一问：", "en": "Please ask: "}
_NO_NUMBER: Pair = {"zh": "（手机里没有号码）", "en": " (no number on this phone)"}
_NAMED: Pair = {"zh": "县里的指定人员", "en": "the county's named person"}
_COMMA: Pair = {"zh": "、", "en": ", "}


@dataclass(frozen=True, slots=True)
class Question:
    """An open question of one child, in the words of her form."""

    name: str
    label: Pair
    file: str
    child: str


@dataclass(slots=True)
class Said:
    ruleset: str = ""
    findings: list[Shown] = field(default_factory=list)
    sealed: list[Shown] = field(default_factory=list)
    ask: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def for_scripts(self) -> dict[str, Any]:
        """`sealed` says numbers only; a text is `{zh, en}`."""
        return {
            "ruleset": self.ruleset,
            "findings": [_finding(shown) for shown in self.findings],
            "sealed": [_sealed(shown) for shown in self.sealed],
            "ask": [
                {"question": q.name, "label": dict(q.label), "file": q.file, "child": q.child}
                for q in self.ask
            ],
            "notes": [{"code": code, **NOTES[code]} for code in self.notes],
        }

    def lines(self, tongue: str) -> list[str]:
        found = [line for shown in self.findings for line in _lines(shown, tongue)]
        found += [line for shown in self.sealed for line in _sealed_lines(shown, tongue)]
        found += [_question(question, tongue) for question in self.ask]
        return [*found, *(NOTES[code][tongue] for code in self.notes)]


def said(
    judged: Sequence[Judged], *, notes: Sequence[str], ruleset: str, config: Mapping[str, Any]
) -> Said:
    every = gravest_first(judged)
    more = list(dict.fromkeys(notes))
    if any(call.recipient == "police" for shown in every for call in shown.call):
        more.append("not_a_report")
    if any(open_words.SEALED in one.told.spoken for one in judged):
        more.append("words_private")
    if any(open_words.DANGER in one.told.spoken and not _is_grave(one) for one in judged):
        more.append("words_grave")
    if any(one.sealed_open for one in judged):
        more.append("sealed_open")
    return Said(
        ruleset=ruleset,
        findings=[shown for shown in every if not shown.sealed],
        sealed=[shown for shown in every if shown.sealed],
        ask=[
            Question(name, _worded(name, one, config), one.told.file, one.told.name)
            for one in judged
            for name in one.ask
        ],
        notes=more,
    )


def _is_grave(one: Judged) -> bool:
    """Whether a finding that is shown says already that somebody has to act."""
    grave = codes("severity")
    return any(grave.index(shown.severity) >= grave.index("high") for shown in one.shown)


def _worded(question: str, one: Judged, config: Mapping[str, Any]) -> Pair:
    """As her form words it. What the form in force does not ask any more keeps its name."""
    asked: Mapping[str, Pair] = config.get("questions", {}).get(one.told.case.form, {})
    return asked.get(question) or {"zh": question, "en": question}


def _finding(shown: Shown) -> dict[str, Any]:
    return {
        **shown.claim,
        "file": shown.file,
        "child": shown.name,
        "title": dict(shown.rule.title),
        "do": dict(NOTES["by_hand"] if shown.by_hand else shown.do),
        "by_hand": shown.by_hand,
        "call": [_call(call) for call in shown.call],
        "write_down": [_to_write(code) for code in shown.write_down],
        "lesson": shown.rule.lesson,
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "recipient": call.recipient,
        "label": {tongue: label("recipient", call.recipient, tongue) for tongue in ("zh", "en")},
        "numbers": [
            {"name": dict(number.name), "phone": number.phone, "hours": number.hours}
            for number in call.numbers
        ],
    }


def _to_write(code: str) -> dict[str, str]:
    return {
        "code": code, **{tongue: label("to_write_down", code, tongue) for tongue in ("zh", "en")}
    }  # fmt: skip


def _sealed(shown: Shown) -> dict[str, Any]:
    return {
        "phones": _phones(shown),
        "write_down": [_to_write(code) for code in shown.write_down],
    }


def _phones(shown: Shown) -> list[str]:
    return list(dict.fromkeys(n.phone for call in shown.call for n in call.numbers))


def _lines(shown: Shown, tongue: str) -> list[str]:
    title = shown.rule.title[tongue]
    do = NOTES["by_hand"][tongue] if shown.by_hand else shown.do[tongue]
    called = _COMMA[tongue].join(_spoken(call, tongue) for call in shown.call)
    return [
        f"⚠ {title}{_about(shown.name, tongue)}",
        f"  {_DO[tongue]}{do}",
        *([f"  {_CALL[tongue]}{called}"] if called else []),
        *_write_down(shown, tongue),
    ]


def _spoken(call: Call, tongue: str) -> str:
    who = label("recipient", call.recipient, tongue)
    phones = " ".join(number.phone for number in call.numbers)
    return f"{who} {phones}" if phones else f"{who}{_NO_NUMBER[tongue]}"


def _sealed_lines(shown: Shown, tongue: str) -> list[str]:
    phones = _COMMA[tongue].join(_phones(shown)) or f"{_NAMED[tongue]}{_NO_NUMBER[tongue]}"
    return [f"⚠ {_ALONE[tongue]}{phones}", *_write_down(shown, tongue)]


def _write_down(shown: Shown, tongue: str) -> list[str]:
    said = _COMMA[tongue].join(label("to_write_down", code, tongue) for code in shown.write_down)
    return [f"  {_WRITE[tongue]}{said}"] if said else []


def _question(question: Question, tongue: str) -> str:
    about = _about(question.child, tongue)
    return f"{_ASK[tongue]}{question.label.get(tongue) or question.name}{about}"


def _about(child: str, tongue: str) -> str:
    if not child:
        return ""
    return f"（{child}）" if tongue == "zh" else f" ({child})"
