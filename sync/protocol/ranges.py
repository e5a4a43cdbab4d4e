"""What a log has and what it lacks, as inclusive ranges of sequence numbers."""

from collections.abc import Iterable

Range = tuple[int, int]


def add(have: Iterable[Range], numbers: Iterable[int]) -> list[Range]:
    """`have` with `numbers` in it: sorted, disjoint, neighbours joined."""
    spans = sorted([*have, *((n, n) for n in numbers)])
    joined: list[Range] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def missing(have: Iterable[Range]) -> list[Range]:
    """The gaps between 1 and the highest number seen."""
    gaps: list[Range] = []
    expected = 1
    for first, last in have:
        if first > expected:
            gaps.append((expected, first - 1))
        expected = last + 1
    return gaps
