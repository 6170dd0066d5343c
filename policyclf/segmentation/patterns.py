"""Regular expressions that are compiled when they are first used.

To compile the seventy of this package takes as long as to cut two hundred sentences, and a
short text asks for a third of them.
"""

from __future__ import annotations

import re
from typing import Any, cast


def pattern(written: str, flags: int = 0) -> re.Pattern[str]:
    """Write a regular expression down.

    Parameters
    ----------
    written : str
        As for ``re.compile``. A mistake in it shows at its first use.
    flags : int, default 0
        As for ``re.compile``.

    Returns
    -------
    re.Pattern
        Something that compiles it when first asked for one of a pattern's methods.

    Examples
    --------
    >>> pattern("[一二三]、").match("二、目标").group()
    '二、'
    """
    return cast("re.Pattern[str]", _Late(written, flags))


class _Late:
    def __init__(self, written: str, flags: int) -> None:
        self.pattern = written
        self.flags = flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever a pattern has
        compiled = re.compile(self.pattern, self.flags)
        for method in ("match", "search", "fullmatch", "finditer", "findall", "split", "sub"):
            setattr(self, method, getattr(compiled, method))  # asked for but once
        return getattr(compiled, name)
