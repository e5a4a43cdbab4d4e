"""The last act: everything sent is accounted for, and the tables are what the operations make of them."""

from .played import Story, check


def nothing_is_lost(story: Story) -> str:
    counts = [phone.do("status")["operations"] for phone in story.phones.values()]
    counts.append(story.extra["by hand"])
    total = {name: sum(count[name] for count in counts) for name in counts[0]}
    check(total["unsent"] == 0, f"{total}")
    sent = sum(total.values())
    check(sent == total["applied"] + total["held"] + total["quarantined"], f"{total}")
    return f"{sent} sent = {total['applied']} applied + {total['held']} held + {total['quarantined']} quarantined"


def state_equals_the_operations(story: Story) -> str:
    return story.stack.manage("rebuild", "--check").strip().splitlines()[-1]
