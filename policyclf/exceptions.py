"""The errors of this library.

Every error names the file and line or the field, says what was needed, what
was found and what to do. They all derive from :class:`PolicyclfError`::

    PolicyclfError
    ├── DocumentError    a file or some bytes cannot be read as a text document
    ├── CodebookError    a codebook file is malformed or contradicts itself
    ├── LexiconError     a lexicon file is malformed or contradicts itself
    ├── CorpusError      labelled sentences are malformed or contradict each other
    ├── InputError       an argument has the wrong type or value
    ├── ModelError       a model cannot be read, or is not what it says it is
    │   └── UntrustedModelError   a pickle that would run code that is not ours
    └── OutputError      a result cannot be written

All of them are also :class:`ValueError`, so that code written against
scikit-learn's conventions keeps working.
"""

from __future__ import annotations


class PolicyclfError(ValueError):
    """Base of every error that this library raises on purpose."""


class DocumentError(PolicyclfError):
    """A file or some bytes cannot be read as a text document."""


class CodebookError(PolicyclfError):
    """A codebook file is malformed or contradicts itself."""


class LexiconError(PolicyclfError):
    """A lexicon file is malformed or contradicts itself."""


class CorpusError(PolicyclfError):
    """Labelled sentences are malformed or contradict each other."""


class InputError(PolicyclfError):
    """An argument has the wrong type or value."""


class ModelError(PolicyclfError):
    """A model cannot be read, or is not what it says it is."""


class UntrustedModelError(ModelError):
    """A pickle names something other than this library's own loader."""


class OutputError(PolicyclfError):
    """A result cannot be written."""
