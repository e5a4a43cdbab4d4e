"""The pieces of `test_machine.py`: a town with a server, handsets that break, and an oracle of plain dicts."""
