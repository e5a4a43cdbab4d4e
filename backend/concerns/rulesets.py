"""The rules in force: the latest published version, read once for each content."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import yaml
from django.db import transaction

from backend.audit import services as audit
from backend.common.errors import DomainError
from fieldforms import facts

from .models import RulesEdition, RulesetVersion
from .rules.lint import lint
from .rules.model import RuleInvalid, Ruleset, ruleset

NATIONAL = Path(__file__).with_name("rules") / "national.yaml"
TABLE = NATIONAL.with_name("DECISION_TABLE.md")
# The audit's subject of a line that is about the whole installation.
EVERYTHING = UUID(int=0)


class NoRules(DomainError):
    code = "rules.none_published"
    status = 503
    zh = "还没有发布规则。请管理员运行 publish_rules。"
    en = "No rules are published yet. An administrator has to run publish_rules."


class RuleVersionStands(DomainError):
    code = "rules.version_stands"
    status = 409
    fields = ("version",)
    zh = "规则 {rule} 第 {version} 版已发布，不能更改。请提高它的版本号。"
    en = "Rule {rule} version {version} is published and cannot change. Raise its version."


class RulesetStands(DomainError):
    code = "rules.ruleset_stands"
    status = 409
    zh = "这些规则已作为第 {version} 版发布过，现已被取代。如需恢复，请提高规则的版本号。"
    en = "These rules were published as version {version} and replaced since. To bring them back, raise the versions of the rules."


@dataclass(frozen=True, slots=True)
class Published:
    """`version` counts publications; `sha256` is what a visit names as the rules it was shown."""

    version: int
    sha256: str
    ruleset: Ruleset
    documents: Sequence[Mapping[str, Any]]


def current() -> Published:
    """The latest published rules. Raises `NoRules`. One statement when they are known already."""
    latest = RulesetVersion.objects.order_by("-version").values_list("version", "sha256").first()
    if latest is None:
        raise NoRules
    return _load(*latest)


@lru_cache(maxsize=8)
def _load(version: int, sha256: str) -> Published:
    content = RulesetVersion.objects.values_list("content", flat=True).get(sha256=sha256)
    return Published(version, sha256, ruleset(content), content)


def publish_rules(
    documents: Sequence[Mapping[str, Any]], *, actor: UUID | None, now: dt.datetime
) -> Published:
    """Publishes for the installation: the rules that ship, the demo's, a test's. No second person.

    The rules in force are given back as they are. Raises what `put_in_force` raises.
    """
    with transaction.atomic():
        made = put_in_force(documents, actor=actor, now=now, by="installation")
        RulesEdition.objects.get_or_create(
            division="", version=made.version,
            defaults={
                "id": uuid4(), "content": list(documents), "sha256": made.sha256,
                "status": "published", "author": actor, "drafted_at": now,
                "published_by": actor, "published_at": now,
            },
        )  # fmt: skip
    return made


def put_in_force(
    documents: Sequence[Mapping[str, Any]], *, actor: UUID | None, now: dt.datetime, by: str
) -> Published:
    """Lints, makes the next version of the rules and retires the edition before it.

    Raises `RuleInvalid`, `RuleVersionStands`, `RulesetStands`.
    """
    rules = ruleset(documents)
    lint(rules, facts.types(), codes=facts.code_lists(), sealed=facts.sealed())
    with transaction.atomic():
        # The lock keeps two publications from taking the same number.
        versions = list(RulesetVersion.objects.select_for_update().order_by("version"))
        if versions and versions[-1].sha256 == rules.sha256:
            return Published(versions[-1].version, rules.sha256, rules, documents)
        _refuse_changes(documents, versions, rules.sha256)
        RulesEdition.objects.filter(division="", status="published").update(
            status="retired", retired_by=actor, retired_at=now
        )
        made = RulesetVersion.objects.create(
            version=versions[-1].version + 1 if versions else 1,
            content=list(documents),
            sha256=rules.sha256,
            published_at=now,
        )
        audit.record(
            actor=actor, action="rules.publish", subject=EVERYTHING, now=now,
            subject_type="rules",
            detail={"version": made.version, "sha256": made.sha256, "by": by},
        )  # fmt: skip
    return Published(made.version, made.sha256, rules, documents)


def refuse_changes(documents: Sequence[Mapping[str, Any]]) -> None:
    """Raises `RuleVersionStands` and `RulesetStands` for what could not be published."""
    versions = list(RulesetVersion.objects.order_by("version"))
    _refuse_changes(documents, versions, ruleset(documents).sha256)


def _refuse_changes(
    documents: Sequence[Mapping[str, Any]], versions: Sequence[RulesetVersion], sha256: str
) -> None:
    """A finding names a rule and its version: what they said must stay findable for ever."""
    said = {(rule["id"], rule["version"]): rule for v in versions for rule in v.content}
    for rule in documents:
        if said.get((rule["id"], rule["version"]), rule) != rule:
            raise RuleVersionStands(rule=rule["id"], version=rule["version"])
    for version in versions:
        if version.sha256 == sha256:
            raise RulesetStands(version=version.version)


def shipped() -> list[dict[str, Any]]:
    """The rules of `national.yaml`. Raises `RuleInvalid` when the file is not a list of rules."""
    documents = yaml.safe_load(NATIONAL.read_text(encoding="utf-8"))
    if not isinstance(documents, list):
        raise RuleInvalid("the file is not a list of rules")
    return documents
