"""Real documents, with the noise they came with, are labelled whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyclf.documents import Document, find_paths
from policyclf.labeling import Labeler

DOCUMENTS = Path(__file__).parents[2] / "shared" / "real" / "docs"

pytestmark = pytest.mark.skipif(not DOCUMENTS.exists(), reason="the real documents are not at hand")

INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\x00"))

PATHS = list(find_paths([DOCUMENTS])) if DOCUMENTS.exists() else []


def test_all_documents_are_found() -> None:
    """The folder is its 92 text files."""
    assert len(PATHS) == 92


@pytest.mark.parametrize("path", PATHS, ids=lambda path: Path(path).stem)
def test_every_sentence_is_labelled(shipped: Labeler, path: str) -> None:
    """Every character that shows is in one sentence, in order, and every sentence has a label."""
    document = Document.from_path(path)
    found = shipped.label(document)
    assert found
    last = 0
    for sentence in found:
        assert document.text[sentence.start : sentence.end] == sentence.text
        assert last <= sentence.start < sentence.end
        assert not document.text[last : sentence.start].translate(INVISIBLE).strip()
        last = sentence.end
        assert sentence.label in shipped.labels
        assert sentence.label == sentence.labels[0]
        assert len(sentence.labels) <= 3
        assert 0 < sentence.confidence <= 1
        assert sum(sentence.probabilities.values()) == pytest.approx(1)
    assert not document.text[last:].translate(INVISIBLE).strip()


def test_documents_keep_to_what_they_are_about(shipped: Labeler) -> None:
    """Over all documents every label occurs, none takes nearly all, and most is relied on."""
    found = [s for path in PATHS for s in shipped.label(Document.from_path(path))]
    shares = dict.fromkeys(shipped.labels, 0)
    for sentence in found:
        shares[sentence.label] += 1
    assert min(shares.values()) > 0
    assert max(shares.values()) < len(found) / 2
    assert sum(not sentence.unsure for sentence in found) > len(found) / 2
