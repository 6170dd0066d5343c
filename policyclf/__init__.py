"""Label the sentences of Chinese policy documents by policy field.

>>> import policyclf
>>> labeler = policyclf.load()
>>> [s.label for s in labeler.label("优化营商环境。全力招商引资。")]
['business_environment', 'investment_attraction']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policyclf.documents import Document
from policyclf.exceptions import PolicyclfError
from policyclf.features.batch import Segment
from policyclf.labeling import Labeler, load
from policyclf.segmentation import segment
from policyclf.spans import LabelledSentence, Sentence, Span

if TYPE_CHECKING:
    from policyclf.classifier import PolicyClassifier

__version__ = "0.1.0"

__all__ = [
    "Document",
    "Labeler",
    "LabelledSentence",
    "PolicyClassifier",
    "PolicyclfError",
    "Segment",
    "Sentence",
    "Span",
    "load",
    "segment",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  a module's attribute may be anything
    """Import the estimator when it is first asked for: scikit-learn takes 1.6 s."""
    if name == "PolicyClassifier":
        from policyclf.classifier import PolicyClassifier  # noqa: PLC0415

        return PolicyClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
