"""A server that finds dangers and opens nothing: what a simulation has to notice."""

from deploy.simulation.served import application

# isort: split
from backend.concerns import reactions

reactions.open_escalations = lambda applied, now: []
__all__ = ["application"]
