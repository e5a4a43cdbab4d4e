"""The product's own processes, unchanged but for the clock.

`application` is for the web server, `app` for Celery, and `python -m deploy.simulation.served MODULE`
runs any module under this clock.
"""

import datetime as dt
import runpy
import sys

from . import clock

clock.install()

# What the product does every minute or hour would come too seldom where a day takes seconds.
EVERY = dt.timedelta(seconds=5)

if __name__ == "__main__":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    from backend.config.asgi import application
    from backend.config.celery import app

    # An overdue visit finds something too; the run's account of escalations is of what phones bring.
    del app.conf.beat_schedule["look-at-what-time-calls-for"]
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] = EVERY

    __all__ = ["app", "application"]
