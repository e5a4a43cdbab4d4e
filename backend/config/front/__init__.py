"""What stands between the line and Django: bodies are read, answers given out, and no thread waits for either.

`application` serves over ASGI; `lanes` says who has which threads; `bodies` how long a body may take.
"""
