"""The bench of escalations runs, and what it calls costs the same number of statements at any size."""

from tests.bench import escalation_rows, escalations


def test_escalation_bench_measures_each_thing_and_a_batch_costs_what_one_does(db: None) -> None:
    figures = {figure.name: figure for figure in escalations.measure(rows=6000, calls=2)}
    one, many = figures["climb, 1 due"], figures["climb, 200 due"]
    assert one.statements == many.statements
    assert "times the floor" in str(many)
    assert figures["queue, first page"].statements < 40
    assert figures["climb, nothing is due"].statements <= 5
    assert escalation_rows.Escalation.objects.count() == 6000
