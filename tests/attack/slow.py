"""Two hundred slow clients and forty log-ins at once: the officer's page is answered meanwhile."""

import http.client
import statistics
import time
from urllib.parse import urlsplit

from django.conf import settings

from tests.bench.slow import PAGE, crowded
from tests.cast import Member

from .findings import Row

SLOW, LOG_INS, PAGES = 200, 40, 40
SECONDS = 60.0


def attack(address: str, officer: Member, *, slow: int = SLOW, log_ins: int = LOG_INS) -> Row:
    """The page that is not answered 200 is a hit; how much later it comes is told."""
    found = Row("slow: clients and log-ins")
    idle = [_page(address, officer, found) for _ in range(PAGES)]
    with crowded(address, slow=slow, log_ins=log_ins) as crowd:
        among = [_page(address, officer, found) for _ in range(PAGES)]
    _page(address, officer, found)
    ratio = statistics.quantiles(among, n=20)[-1] / statistics.quantiles(idle, n=20)[-1]
    told = sum(crowd.answers.values())
    found.where = f"{slow} slow, {log_ins} log-ins ({told} turned away); p95 {ratio:.1f} times idle"
    return found


def _page(address: str, officer: Member, found: Row) -> float:
    began = time.perf_counter()
    found.tried += 1
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=SECONDS)
    try:
        cookie = f"{settings.SESSION_COOKIE_NAME}={officer.session}"
        line.request("GET", PAGE, headers={"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            found.hits.append(f"the officer's page was answered {answer.status}")
    except (OSError, http.client.HTTPException) as error:
        found.hits.append(f"the officer's page was not answered: {type(error).__name__}")
    finally:
        line.close()
    return time.perf_counter() - began
