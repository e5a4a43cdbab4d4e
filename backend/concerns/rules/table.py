"""The decision table: the rules for a reader of law, in Chinese and English. Pure.

`DECISION_TABLE.md` is what this makes of the rules that ship and of what the passing of time calls for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fieldforms.vocabulary import codes, label

from .by_time import Row, TimedRule
from .model import Branch, Deadline, Rule, Ruleset


@dataclass(frozen=True, slots=True)
class Words:
    """What the table says besides the rules' own words and the vocabulary's."""

    heading: str
    lead: str
    columns: Sequence[str]
    comma: str
    sealed: str
    now: str
    hours: str
    working_days: str
    same_day: str
    default: str
    fixed: str
    by_time: str
    by_time_lead: str
    by_time_does: str
    told_only: str
    rises: str
    next_level: str
    administrators: str
    often: Mapping[str, str]


WORDS: Mapping[str, Words] = {
    "zh": Words(
        heading="预警规则决策表",
        lead=(
            "一条规则有几行时，从上往下看，第一个符合的算数。时限从收到信息时起算，工作日按国务院办公厅"
            "公布的放假安排计算。\n带 ★ 的对象，各县不得减少；各县可以增加告知对象。时限写明“默认”的，各县"
            "可以在所示范围内另定；其他时限各县只能提前。\n没有了解到的情况不当作“没有”：严重的一行无法判定"
            "时，会在走访记录上列为缺口。"
        ),
        columns=("规则", "情形", "级别", "应告知", "时限", "依据", "儿童主任现在做什么"),
        comma="、",
        sealed="（密封：仅限指定人员）",
        now="立即",
        hours="{} 小时内",
        working_days="{} 个工作日内",
        same_day="当日内",
        default="{}（默认，各县最长 {}）",
        fixed="★",
        by_time="随时间产生的预警与提醒",
        by_time_lead=(
            "这些情形不由走访带来，由系统每天检查。天数和小时数都是默认值；预警升级（T2）的时限和走访计划各县可以"
            "另定。\n提醒不写儿童姓名，只写人数和地点；停机再久，恢复后也只补发一次，升级一级不漏。"
        ),
        by_time_does="收到后做什么",
        told_only="只提醒",
        rises="升一级",
        next_level="上一级：乡镇、县级、市级",
        administrators="系统管理员",
        often={"daily": "每天一次", "weekly": "每周一次", "once": "一次"},
    ),
    "en": Words(
        heading="Decision table of the escalation rules",
        lead=(
            "Where a rule has several rows, the first that holds counts. A deadline runs from the time the"
            " news is received; working days are those the State Council announces.\nNo county may leave out"
            " a recipient marked ★; every county may add some. A deadline called a default may be set anew by"
            " a county within the limit; any other only earlier.\nWhat nobody asked is not taken for “no”: a"
            " critical row that cannot be decided is listed on the visit as a gap."
        ),
        columns=(
            "Rule", "Trigger", "Severity", "To be told", "Deadline", "Basis",
            "What the supervisor does now",
        ),
        comma="; ",
        sealed=" (sealed: named people only)",
        now="at once",
        hours="within {} hours",
        working_days="within {} working days",
        same_day="the same day",
        default="{} (default; by county {} at most)",
        fixed="★",
        by_time="What the passing of time calls for",
        by_time_lead=(
            "No visit brings these; the system looks every day. All days and hours are defaults; a county sets"
            " those of the rise (T2) and of the visit plan anew.\nA notice names no child, only a number and a"
            " place. However long the system was down, it is said once and no level is left out."
        ),
        by_time_does="What whoever hears of it does",
        told_only="told only",
        rises="rises one level",
        next_level="the next level: township, county, prefecture",
        administrators="Administrators",
        often={"daily": "once a day", "weekly": "once a week", "once": "once"},
    ),
}  # fmt: skip


def render(rules: Ruleset, timed: Iterable[TimedRule]) -> str:
    """Markdown: the rules that a visit is judged by, then what time calls for, in both languages."""
    parts = [part for tongue in WORDS for part in (_part(rules, tongue), _by_time(timed, tongue))]
    note = "<!-- Made by `manage.py decision_table` from the data beside it. Change that, not this. -->"
    return "\n".join([note, "", "\n".join(parts)])


def deadline(due: Deadline, tongue: str) -> str:
    """`now` or a count, in words."""
    words = WORDS[tongue]
    if isinstance(due, str):
        return words.now
    ((unit, count),) = due.items()
    if unit == "hours":
        return words.hours.format(count)
    return words.working_days.format(count) if count else words.same_day


def _part(rules: Ruleset, tongue: str) -> str:
    words = WORDS[tongue]
    rows = [
        _row(cells)
        for rule in rules.rules
        for number, branch in enumerate(rule.branches)
        for cells in [_cells(rule, number, branch, tongue)]
    ]
    head = [_row(words.columns), _row(["---"] * len(words.columns))]
    return "\n".join([f"# {words.heading}", "", words.lead, "", *head, *rows, ""])


def _cells(rule: Rule, number: int, branch: Branch, tongue: str) -> list[str]:
    words = WORDS[tongue]
    sealed = words.sealed if rule.sealed else ""
    title = f"**{rule.id}** {rule.title[tongue]}{sealed}" if number == 0 else f"**{rule.id}**"
    fixed = {code: words.fixed if code in branch.statutory else "" for code in branch.to}
    return [
        title,
        branch.says[tongue],
        label("severity", branch.severity, tongue),
        words.comma.join(f"{label('recipient', to, tongue)}{fixed[to]}" for to in branch.to),
        _due(branch, tongue),
        words.comma.join(_basis(basis, tongue) for basis in rule.basis),
        branch.do[tongue],
    ]


def _by_time(timed: Iterable[TimedRule], tongue: str) -> str:
    words = WORDS[tongue]
    columns = [*words.columns[:-1], words.by_time_does]
    rows = [
        _row(_timed_cells(rule, number, row, tongue))
        for rule in timed
        for number, row in enumerate(rule.rows)
    ]
    head = [_row(columns), _row(["---"] * len(columns))]
    return "\n".join([f"## {words.by_time}", "", words.by_time_lead, "", *head, *rows, ""])


def _timed_cells(rule: TimedRule, number: int, row: Row, tongue: str) -> list[str]:
    words = WORDS[tongue]
    told = [label("recipient", to, tongue) for to in row.to]
    told += [words.administrators] if row.administrators else []
    if row.severity:
        how, due = label("severity", row.severity, tongue), deadline(row.deadline, tongue)
    else:
        how, due = (words.rises, "") if row.rises else (words.told_only, words.often[row.notice])
    return [
        f"**{rule.id}** {rule.title[tongue]}" if number == 0 else f"**{rule.id}**",
        row.says[tongue],
        how,
        words.comma.join(told) or words.next_level,
        due or "–",
        words.comma.join(_basis(basis, tongue) for basis in rule.basis) or "–",
        rule.do[tongue] if row.severity or row.rises else "–",
    ]


def _due(branch: Branch, tongue: str) -> str:
    said = deadline(branch.deadline, tongue)
    if branch.latest is None:
        return said
    return WORDS[tongue].default.format(said, deadline(branch.latest, tongue))


def _basis(basis: str, tongue: str) -> str:
    """A local rule may say its own words instead of a code."""
    return label("legal_basis", basis, tongue) if basis in codes("legal_basis") else basis


def _row(cells: Iterable[str]) -> str:
    plain = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(plain)} |"
