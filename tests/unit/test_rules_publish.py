"""A published ruleset never changes, and publishing twice publishes once (R)."""

import copy
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from backend.audit.models import AuditEntry
from backend.concerns import rulesets
from backend.concerns.models import PublishedRulesChanged, RulesetVersion
from backend.concerns.rules.model import RuleInvalid

NOW = datetime(2026, 11, 24, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def publish(documents):
    return rulesets.publish_rules(documents, actor=None, now=NOW)


def changed(documents, *, version):
    documents = copy.deepcopy(documents)
    documents[0]["version"] = version
    documents[0]["title"]["en"] += "."
    return documents


def test_without_rules_the_error_says_what_to_do():
    with pytest.raises(rulesets.NoRules) as raised:
        rulesets.current()
    assert "publish_rules" in raised.value.message


def test_publishing_twice_publishes_once_and_leaves_one_audit_line():
    first = publish(rulesets.shipped())
    assert publish(rulesets.shipped()) == first == rulesets.current()
    assert RulesetVersion.objects.count() == 1
    assert AuditEntry.objects.filter(action="rules.publish").count() == 1


def test_what_is_read_back_hashes_to_what_was_published():
    published = publish(rulesets.shipped())
    assert rulesets.current().ruleset.sha256 == published.sha256 == rulesets.current().sha256


def test_known_rules_cost_one_statement(django_assert_num_queries):
    publish(rulesets.shipped())
    rulesets.current()
    with django_assert_num_queries(1):
        rulesets.current()


def test_a_rule_that_changes_without_a_new_version_is_refused():
    publish(rulesets.shipped())
    with pytest.raises(rulesets.RuleVersionStands):
        publish(changed(rulesets.shipped(), version=rulesets.shipped()[0]["version"]))


def test_a_new_version_comes_into_force_and_the_old_rules_do_not_come_back_by_the_same_name():
    publish(rulesets.shipped())
    assert publish(changed(rulesets.shipped(), version=99)).version == 2
    assert rulesets.current().version == 2
    with pytest.raises(rulesets.RulesetStands):
        publish(rulesets.shipped())


def test_rules_that_the_lint_refuses_are_not_published():
    documents = rulesets.shipped()
    documents[0]["branches"][0]["when"] = "facts.unheard_of"
    with pytest.raises(RuleInvalid):
        publish(documents)
    assert not RulesetVersion.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE concerns_rulesetversion SET content = '[]'",
        "DELETE FROM concerns_rulesetversion",
    ],
)
def test_the_database_refuses_a_change_of_published_rules(statement):
    publish(rulesets.shipped())
    with pytest.raises(DatabaseError, match="cannot change"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_model_refuses_a_change_of_published_rules():
    publish(rulesets.shipped())
    version = RulesetVersion.objects.get()
    for change in (version.save, version.delete):
        with pytest.raises(PublishedRulesChanged):
            change()


def test_the_command_publishes_the_shipped_rules(capsys):
    call_command("publish_rules")
    call_command("publish_rules")
    assert capsys.readouterr().out.count("version 1.") == 2
