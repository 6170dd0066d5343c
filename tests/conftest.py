"""What several tests share: the labels and the model that come along, and tiny ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import policyclf
import tiny
from policyclf.codebook import Codebook
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.labeling import Labeler
from policyclf.lexicon import Lexicon
from policyclf.training import TrainingData, train

# What CI says of a change must not hang on which examples were drawn; at home, new ones are.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("home", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "home")


@pytest.fixture(scope="session")
def labels_folder() -> Path:
    """Give the repository's ``labels/``: codebook, lexicon and corpus."""
    return Path(__file__).parents[1] / "labels"


@pytest.fixture(scope="session")
def corpus_rows(labels_folder: Path) -> list[dict[str, Any]]:
    """All rows of the corpus, in the order of its files."""
    return [
        json.loads(line)
        for path in sorted((labels_folder / "corpus").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]


@pytest.fixture(scope="session")
def corpus_texts(corpus_rows: list[dict[str, Any]]) -> list[str]:
    """All texts of the corpus."""
    return [row["text"] for row in corpus_rows]


@pytest.fixture(scope="session")
def texts_as_written(corpus_rows: list[dict[str, Any]]) -> list[str]:
    """Give the texts that no program put into another form."""
    return [row["text"] for row in corpus_rows if "form" not in row]


@pytest.fixture(scope="session")
def tiny_corpus() -> Corpus:
    """Give sixty labelled sentences in eight documents."""
    return Corpus(
        tuple(
            LabelledSegment(text, (label,), doc_id)
            for doc_id, sentences in tiny.SENTENCES.items()
            for label, text in sentences
        )
    )


@pytest.fixture(scope="session")
def tiny_data(tiny_corpus: Corpus) -> TrainingData:
    """Give the tiny corpus with a codebook and a lexicon."""
    book = Codebook.from_toml(tiny.CODEBOOK)
    return TrainingData(tiny_corpus, book, Lexicon.from_rows(tiny.TERMS))


@pytest.fixture(scope="session")
def tiny_labeler(tiny_data: TrainingData) -> Labeler:
    """Train a model of the tiny corpus with all three blocks of features."""
    return train(tiny_data, words=(1, 2), min_df=1)


@pytest.fixture(scope="session")
def tiny_folder(tiny_labeler: Labeler, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save the tiny model as a folder. Read it, never write to it."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_labeler.save(folder)
    return folder


@pytest.fixture(scope="session")
def shipped() -> Labeler:
    """Load the model that comes with the library."""
    return policyclf.load()
