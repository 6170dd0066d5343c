"""Templates to one HTML file that asks nobody for anything.

Styles and script stand in the page, and a content security policy inside it names their
hashes: whatever else a document smuggles in, a browser would neither run nor load it.
Jinja escapes every value; a hash does not depend on the templates having been careful.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_LONE = re.compile("[\ud800-\udfff]")


def render(
    template: str,
    *,
    styles: Sequence[str] = ("base.css",),
    script: str | None = None,
    style: str = "",
    language: str = "en",
    **values: object,
) -> str:
    """Fill a template that extends ``frame.html``.

    Parameters
    ----------
    template : str
        Its file in ``policyclf/report/templates``.
    styles : sequence of str
        Style sheets there, in order.
    script : str, optional
        A script there.
    style : str, default ""
        More rules, behind the sheets. Never made of anything that was read.
    language : {"en", "zh"}
        The language that shows at first.
    **values
        What the template names. Escaped.

    Returns
    -------
    str
        The page, as UTF-8 can hold it: half a surrogate pair becomes U+FFFD.
    """
    from markupsafe import Markup  # noqa: PLC0415  labelling needs no templates

    environment = _environment()
    rules = "".join(map(_source, styles)) + style
    code = _source(script) if script else ""
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(rules)}",
            f"script-src {_hash(code)}",  # without a script, the hash of nothing
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    page = environment.get_template(template).render(
        policy=policy,
        style=Markup(rules),  # noqa: S704  both are files of this package
        script=Markup(code),  # noqa: S704
        language=language,
        **values,
    )
    return _LONE.sub("\ufffd", page)


def json_block(value: object) -> Any:  # noqa: ANN401  Markup, whose module loads late
    r"""Write plain data so that it can stand inside a ``script`` element.

    Parameters
    ----------
    value : object
        Lists, dicts, strings and numbers.

    Returns
    -------
    markupsafe.Markup
        JSON in which nothing closes the element, opens a comment, or ends a line of
        JavaScript (U+2028, U+2029).

    Examples
    --------
    >>> str(json_block("</script>"))
    '"\\u003c/script\\u003e"'
    """
    from markupsafe import Markup  # noqa: PLC0415  labelling needs no templates

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  nothing is left that means anything to HTML


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  0.1 s

    return Environment(
        loader=PackageLoader("policyclf.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None  # noqa: S101  given above
    return environment.loader.get_source(environment, name)[0]


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
