"""Say which library a file needs, before it is imported."""

from __future__ import annotations

import importlib.util

from policyclf.exceptions import DocumentError


def require(name: str, kind: str, *libraries: str) -> None:
    """Raise a :class:`~policyclf.exceptions.DocumentError` if one is not installed.

    Parameters
    ----------
    name : str
        What to call the file.
    kind : str
        What it is.
    *libraries : str
        What reads it, by the names they are imported by.
    """
    for library in libraries:
        if importlib.util.find_spec(library) is None:
            raise DocumentError(
                f"{name}: is {kind}, which needs {library}. Install policyclf with its extra "
                f"docs, or run pip install {library}; or save it as text first."
            )
