"""The public names are exactly these."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import policyclf
from policyclf.classifier import PolicyClassifier

PUBLIC = [
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


def test_public_names() -> None:
    """``__all__`` is the public list, sorted."""
    assert policyclf.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_there_and_explains_itself(name: str) -> None:
    """Each name can be imported, is listed by ``dir`` and has a docstring."""
    value = getattr(policyclf, name)
    assert value.__module__.startswith("policyclf.")
    assert name in dir(policyclf)
    assert value.__doc__


def test_estimator_is_imported_when_it_is_asked_for() -> None:
    """scikit-learn is not imported before somebody wants the estimator, which is the very one."""
    assert policyclf.PolicyClassifier is PolicyClassifier
    code = (
        "import sys, policyclf\n"
        "before = 'sklearn' in sys.modules\n"
        "policyclf.PolicyClassifier\n"
        "print(before, 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout.split() == [b"False", b"True"]


def test_unknown_names() -> None:
    """A name that is not there is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="'policyclf' has no attribute 'Classifier'"):
        _ = policyclf.Classifier


def test_version_is_that_of_the_distribution() -> None:
    """The package and its metadata state one version."""
    assert policyclf.__version__ == version("policyclf")
