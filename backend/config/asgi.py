"""What a web process serves: Django behind the front, on a pool of connections."""

import resource

from backend.config.wsgi import application as django

from . import pool, warm
from .front.application import Front
from .front.lanes import lanes

# A connection needs a descriptor: idle ones must not use up what the office needs.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

pool.share()
warm.up()
application = Front(django, lanes())
