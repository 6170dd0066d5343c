"""What of a text's wording a model has met: character bigrams, cleaned as for labelling.

Bigrams, because nearly every character is known to any model and most longer runs are
new in any text.
"""

from __future__ import annotations

from policyclf.features import CharacterBlock
from policyclf.normalization import normalized
from policyclf.scoring import LinearModel

_LENGTH = 2


def bigrams(text: str) -> list[str]:
    """List the character bigrams of a text, repeated ones as often as they stand there.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        In order.

    Examples
    --------
    >>> bigrams("招商引資")
    ['招商', '商引', '引资']
    """
    clean = normalized(text)
    return [clean[start : start + _LENGTH] for start in range(len(clean) - _LENGTH + 1)]


def known_bigrams(model: LinearModel) -> frozenset[str]:
    """List the bigrams that are features of a model.

    Parameters
    ----------
    model : LinearModel
        The model.

    Returns
    -------
    frozenset of str
        Empty if the model looks at no bigrams of characters.
    """
    return frozenset(
        name
        for block in model.blocks
        if isinstance(block, CharacterBlock)
        for name in block.column_names()
        if len(name) == _LENGTH
    )
