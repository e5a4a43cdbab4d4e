"""How old somebody is: the one place. Pure.

Where a limit depends on it, years count from the day after the birthday (法释〔2006〕1号, article 2; Civil
Code 201): on the eighth birthday a child is still under eight. People say the common age.
"""

from datetime import date


def counted(born: date, day: date) -> int:
    """The age that every limit is compared with. Never negative."""
    years = day.year - born.year
    return max(years - (day <= _birthday(born, day.year)), 0)


def common(born: date, day: date) -> int:
    """The age that is shown and said."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def months(born: date, day: date) -> int:
    """Of a small child, whose age is said in months."""
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def is_under(limit: int, born: date | None, day: date) -> bool:
    """Without a birth date nobody is over any limit."""
    return born is None or counted(born, day) < limit


def _birthday(born: date, year: int) -> date:
    """Civil Code 202: where a month has no such day, its last one ends the year of life."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
