"""An exception as a log may tell it: what it is and where, never its words, which may be somebody's."""

import traceback


def told(error: BaseException) -> str:
    """Such as `ValueError in record.py:41`."""
    frames = traceback.extract_tb(error.__traceback__)
    name = type(error).__name__
    if not frames:
        return name
    file = frames[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f"{name} in {file}:{frames[-1].lineno}"
