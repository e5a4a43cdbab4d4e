"""An attack on the running product: `.venv/bin/python -m tests.attack`. See `__main__.py`."""
