"""Labelled segments are read as they stand in the file, or refused with the line."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from policyclf.codebook import Codebook
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.exceptions import CorpusError
from policyclf.training import TrainingData

TINY = """
name = "tiny"
version = "1.0"
title = { zh = "示例", en = "An example" }
[[groups]]
id = "all"
zh = "全部"
en = "All"
[[labels]]
id = "talent"
zh = "人才"
en = "Talent"
group = "all"
takes = { zh = "引才", en = "Attracting talent" }
[[labels]]
id = "finance"
zh = "金融"
en = "Finance"
group = "all"
takes = { zh = "信贷", en = "Credit" }
"""


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    """Two labels: talent and finance."""
    return Codebook.from_toml(TINY)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file, line ends as they are."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_jsonl(folder: Path, *records: dict[str, Any], name: str = "data.jsonl") -> Path:
    """Write records, one a line."""
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return write(folder, name, "".join(lines))


def test_shipped_corpus(labels_folder: Path, corpus_texts: list[str]) -> None:
    """The shipped corpus is whole: every label in the codebook, no text twice."""
    corpus = Corpus.from_path(
        labels_folder / "corpus",
        codebook=Codebook.from_path(labels_folder / "codebook.toml"),
        repeats="error",
    )
    assert corpus.texts == corpus_texts
    assert len(corpus) == len(set(corpus.texts))
    assert len(corpus.label_counts()) == 18
    assert sum(corpus.label_counts().values()) == len(corpus)
    for row in corpus.rows:
        assert set(row.metadata) >= {"genre", "year", "province"}


def test_documents_of_shipped_corpus_are_in_a_row(labels_folder: Path) -> None:
    """The segments of a document of the shipped corpus follow one another."""
    corpus = Corpus.from_path(labels_folder / "corpus", repeats="error")
    changes = sum(a != b for a, b in zip(corpus.doc_ids, corpus.doc_ids[1:], strict=False))
    assert changes + 1 == len(set(corpus.doc_ids))


def test_csv(tmp_path: Path) -> None:
    """Reads CSV with a mark, quotes, commas and line ends in a field, and Windows line ends."""
    path = write(
        tmp_path,
        "data.csv",
        "\ufeffdoc_id,text,label,year\r\n"
        'd1,"引才,育才""留才""",talent,2020\r\n'
        'd1,"信贷\r\n支持",finance,2021\r\n'
        "d2,奖补,finance,2022\r\n",
    )
    corpus = Corpus.from_path(path)
    assert corpus.texts == ['引才,育才"留才"', "信贷\r\n支持", "奖补"]
    assert corpus.primaries == ["talent", "finance", "finance"]
    assert corpus.doc_ids == ["d1", "d1", "d2"]
    assert corpus.rows[0].metadata == {"year": "2020"}
    assert [row.source for row in corpus.rows] == [f"{path}:{line}" for line in (2, 4, 5)]
    assert corpus.label_counts() == {"finance": 2, "talent": 1}


@pytest.mark.parametrize("label", ["001", "NA", "nan", "null", "1.0", "1e5", "True", "-"])
def test_csv_has_only_text(label: str, tmp_path: Path) -> None:
    """Takes no field of a CSV for a number or for missing."""
    path = write(tmp_path, "data.csv", f"text,label,code\n{label}文,{label},{label}\n")
    (row,) = Corpus.from_path(path).rows
    assert (row.text, row.labels, row.metadata) == (f"{label}文", (label,), {"code": label})


def test_tsv(tmp_path: Path) -> None:
    """Reads TSV, in which a comma parts nothing."""
    path = write(tmp_path, "data.TSV", "句子\t标签\t文档\n引才，a,b\ttalent\t文一\n")
    (row,) = Corpus.from_path(path).rows
    assert (row.text, row.labels, row.doc_id) == ("引才，a,b", ("talent",), "文一")


def test_json_lines(tmp_path: Path) -> None:
    """Ends a line of JSON Lines at a line feed only, and skips empty ones."""
    text = "引才\u2028育才\u2029留才\x85用才\v\f"
    path = write(
        tmp_path,
        "data.jsonl",
        f'\ufeff{{"text": "{text}", "label": "talent"}}\r\n\n  \n'.replace("\v\f", "\\u000b\\f")
        + '{"text": "信贷", "label": "finance"}',
    )
    corpus = Corpus.from_path(path)
    assert corpus.texts == [text, "信贷"]
    assert [row.source for row in corpus.rows] == [f"{path}:1", f"{path}:4"]


def test_folder(tmp_path: Path) -> None:
    """Reads the JSON Lines files of a folder in the order of their names."""
    write_jsonl(tmp_path, {"text": "乙", "label": "b"}, name="b.jsonl")
    write_jsonl(tmp_path, {"text": "甲", "label": "a"}, name="a.jsonl")
    write(tmp_path, "notes.csv", "text,label\n丙,c\n")
    assert Corpus.from_path(tmp_path).texts == ["甲", "乙"]


@pytest.mark.parametrize("text_column", ["text", "sentence", "content", "review", "文本", "句子"])
@pytest.mark.parametrize("label_column", ["label", "label_desc", "category", "class", "标签"])
def test_usual_columns(text_column: str, label_column: str, tmp_path: Path) -> None:
    """Finds the columns by their usual names."""
    path = write(tmp_path, "data.csv", f"{label_column},{text_column}\ntalent,引才\n")
    (row,) = Corpus.from_path(path).rows
    assert (row.text, row.labels, row.metadata) == ("引才", ("talent",), {})


def test_named_columns(tmp_path: Path) -> None:
    """Takes the columns that it is told to, the usual ones notwithstanding."""
    path = write(tmp_path, "data.csv", "text,label,mine,field\n甲,a,引才,talent\n")
    (row,) = Corpus.from_path(path, text_column="mine", label_column="field").rows
    assert (row.text, row.labels) == ("引才", ("talent",))


@pytest.mark.parametrize(
    ("record", "labels"),
    [
        ({"label": "talent"}, ("talent",)),
        ({"labels": ["talent"]}, ("talent",)),
        ({"labels": ["talent", "finance"]}, ("talent", "finance")),
        ({"label": "finance", "labels": ["talent", "finance"]}, ("finance",)),
        ({"label": "finance", "labels": ["finance", "talent"]}, ("finance", "talent")),
        ({"label": "finance", "labels": ["finance"]}, ("finance",)),
        ({"label": " talent "}, ("talent",)),
        ({"label": 3}, ("3",)),
        ({"label": ["talent", "finance"]}, ("talent", "finance")),
    ],
)
def test_label_lists(record: dict[str, Any], labels: tuple[str, ...], tmp_path: Path) -> None:
    """Reads one label or a list, the primary one first."""
    path = write_jsonl(tmp_path, {"text": "引才", **record})
    (row,) = Corpus.from_path(path).rows
    assert row.labels == labels
    assert row.label == labels[0]


def test_optional_labels(codebook: Codebook, tmp_path: Path) -> None:
    """Reads labels that only some coders gave, and checks them too."""
    record = {"text": "引才", "label": "talent", "optional": ["finance"]}
    (row,) = Corpus.from_path(write_jsonl(tmp_path, record), codebook=codebook).rows
    assert row.optional == ("finance",)
    path = write_jsonl(tmp_path, {**record, "optional": ["tax"]})
    with pytest.raises(CorpusError, match=r"data\.jsonl:1: the codebook 'tiny' has no label 'tax'"):
        Corpus.from_path(path, codebook=codebook)


def test_document_ids(tmp_path: Path) -> None:
    """Takes any id of a document, zero too, and gives a row without one a document of its own."""
    path = write_jsonl(
        tmp_path,
        {"text": "甲", "label": "a", "doc_id": 0},
        {"text": "乙", "label": "a", "doc_id": 0},
        {"text": "丙", "label": "a", "doc_id": ""},
        {"text": "丁", "label": "a", "doc_id": None},
        {"text": "戊", "label": "a", "文档": "文一"},
    )
    assert Corpus.from_path(path).doc_ids == ["0", "0", f"{path.name}:3", f"{path.name}:4", "文一"]


TWO = '{"text": "引才", "label": "talent"}\n'
BAD_FILES = [
    ("a.jsonl", TWO + '{"text": "信贷", "label": "tax"}', r":2: the codebook 'tiny' has no label "
     "'tax'. It has: talent, finance"),
    ("a.csv", "text,label\n引才,tax\n", ":2: the codebook 'tiny' has no label 'tax'"),
    ("a.jsonl", TWO + '{"text": " ", "label": "talent"}', ":2: the text must not be empty. Got"),
    ("a.jsonl", '{"text": null, "label": "talent"}', ":1: the text must not be empty. Got None"),
    ("a.jsonl", '{"text": 3, "label": "talent"}', ":1: the text must not be empty. Got 3"),
    ("a.csv", 'text,label\n"",talent\n', ":2: the text must not be empty. Got ''"),
    ("a.csv", "text,label\n引才,\n", ":2: a label must be a text. Got ''"),
    ("a.jsonl", '{"text": "引才", "label": null}', ":1: a label must be a text. Got None"),
    ("a.jsonl", '{"text": "引才", "label": true}', ":1: a label must be a text. Got True"),
    ("a.jsonl", '{"text": "引才", "label": {"a": 1}}', ":1: a label must be a text. Got {'a': 1}"),
    ("a.jsonl", r'{"text": "引才", "label": "\ud800x"}', r":1: a label must be a text without NUL "
     r"and halves of characters\. Got '\\ud800x'"),
    ("a.csv", "text,label\n引才,talent\0\n", ":2: a label must be a text without NUL .* 'talent"),
    ("a.jsonl", '{"text": "引才", "label": "talent", "coders": {"wu": "\\u0000"}}',
     ":1: a label must be a text without NUL"),
    ("a.csv", "text,label,segment\n引才,talent," + "9" * 5000 + "\n",
     ":2: 'segment' must be a whole number of at most 18 digits. Got '9999"),
    ("a.jsonl", '{"text": "引才", "labels": []}', ":1: needs at least one label"),
    ("a.jsonl", '{"text": "引才", "labels": ["talent", "talent"]}',
     ":1: a label stands twice: talent, talent"),
    ("a.jsonl", '{"text": "引才", "label": "talent", "optional": "finance"}',
     ":1: 'optional' must be a list. Got 'finance'"),
    ("a.jsonl", TWO + "\n{'text': '引才'}\n", ":3: is not JSON: .*JSON Lines"),
    ("a.jsonl", TWO + '{"text": "引', ":2: is not JSON"),
    ("a.jsonl", '{"text": "引才", "label": "talent", "n": ' + "9" * 5000 + "}", ":1: is not JSON"),
    ("a.jsonl", "[" * 100_000, ":1: is not JSON"),
    ("a.txt", "引才\n", ":1: is not JSON: .*Data are .csv, .tsv or JSON Lines"),
    ("a.jsonl", TWO + '["引才", "talent"]', r":2: must be a JSON object. Got '\[\"引才"),
    ("a.csv", "text,label\n引才,talent\n信贷,finance,3\n",
     ":3: has another number of fields than the header"),
    ("a.csv", "text,label,year\n引才,talent\n", ":2: has another number of fields than the header"),
    ("a.csv", 'text,label\n"引才"x,talent\n', ":2: .*expected after"),
    ("a.csv", 'text,label\n引才,talent\n"信贷,finance\n', ":3: unexpected end of data"),
    ("a.csv", b"text,label\n\xd2\xfd\xb2\xc5,talent\n", ": is not UTF-8: .*Save it as UTF-8"),
    ("a.jsonl", '{"text": "引才", "label": "talent"}'.encode("gbk"), ": is not UTF-8"),
    ("a.csv", "title,label\n引才,talent\n", ":2: needs a column of texts, called text or sentence "
     "or content. Got the columns title, label; say which with --text-column"),
    ("a.csv", "text,theme\n引才,talent\n", ":2: needs a column of labels, called label or labels "
     "or label_desc. Got the columns text, theme; say which with --label-column"),
    ("a.csv", "", ": has no labelled segments"),
    ("a.csv", "text,label\n", ": has no labelled segments"),
    ("a.jsonl", "\n\n", ": has no labelled segments"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES, ids=range(len(BAD_FILES)))
def test_errors(
    name: str, content: str | bytes, message: str, codebook: Codebook, tmp_path: Path
) -> None:
    """Names the file and the line, says what is needed, and shows what stands there."""
    path = write(tmp_path, name, content)
    with pytest.raises(CorpusError, match=rf"a\.[a-z]+{message}") as info:
        Corpus.from_path(path, codebook=codebook)
    assert str(info.value).startswith(str(path))
    assert len(str(info.value)) < 400 + len(str(path))


def test_missing_named_column(tmp_path: Path) -> None:
    """Names the column that it was told to take."""
    path = write(tmp_path, "a.csv", "text,label\n引才,talent\n")
    with pytest.raises(CorpusError, match=r"a\.csv:2: needs a column of texts, called mine\. Got"):
        Corpus.from_path(path, text_column="mine")
    with pytest.raises(CorpusError, match=r"a\.csv:2: needs a column of labels, called mine\. Got"):
        Corpus.from_path(path, label_column="mine")


def test_unreadable_files(tmp_path: Path) -> None:
    """Names a file that is missing, and a folder without data."""
    with pytest.raises(CorpusError, match=r"absent\.csv: cannot be read: No such file"):
        Corpus.from_path(tmp_path / "absent.csv")
    with pytest.raises(CorpusError, match=r"the folder has no \*\.jsonl file"):
        Corpus.from_path(tmp_path)


def test_errors_of_a_folder_name_the_file(tmp_path: Path) -> None:
    """Names the file of the folder that is malformed."""
    write_jsonl(tmp_path, {"text": "甲", "label": "a"}, name="a.jsonl")
    write_jsonl(tmp_path, {"text": "乙"}, name="b.jsonl")
    with pytest.raises(CorpusError, match=r"b\.jsonl:1: needs a column of labels"):
        Corpus.from_path(tmp_path)


def test_repeated_text(tmp_path: Path) -> None:
    """Refuses a text that stands twice where it must not, and lets it pass otherwise."""
    record = {"text": "引才", "label": "talent"}
    path = write_jsonl(tmp_path, record, {"text": "信贷", "label": "finance"}, record)
    with pytest.raises(
        CorpusError, match=r"data\.jsonl:3: the text stands at .*:1 already: '引才'"
    ):
        Corpus.from_path(path, repeats="error")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(Corpus.from_path(path)) == 3


def test_text_with_two_labels(tmp_path: Path) -> None:
    """Refuses a text with two labels in strict mode, and warns the caller otherwise."""
    path = write_jsonl(
        tmp_path,
        {"text": "引才", "label": "talent"},
        {"text": "引才", "label": "finance"},
        {"text": "引才", "label": "talent"},
        {"text": "引才", "label": "other"},
    )
    message = r"data\.jsonl:2: the text stands at .*:1 already, as talent and here as finance"
    with pytest.raises(CorpusError, match=message):
        Corpus.from_path(path, repeats="error")
    with pytest.warns(UserWarning, match=rf"2 texts have two labels; .* First: .*{message}") as got:
        corpus = Corpus.from_path(path)
    assert corpus.primaries == ["talent", "finance", "talent", "other"]
    assert [warning.filename for warning in got] == [__file__]


def test_repeats_across_files(tmp_path: Path) -> None:
    """Finds a text that stands in two files of a folder."""
    write_jsonl(tmp_path, {"text": "甲", "label": "a"}, name="a.jsonl")
    write_jsonl(tmp_path, {"text": "甲", "label": "a"}, name="b.jsonl")
    with pytest.raises(CorpusError, match=r"b\.jsonl:1: the text stands at .*a\.jsonl:1 already"):
        Corpus.from_path(tmp_path, repeats="error")


def rows(*entries: tuple[str, int | None, str]) -> Corpus:
    """Make a corpus of documents, places and texts."""
    return Corpus(
        tuple(LabelledSegment(text, ("a",), doc, place=place) for doc, place, text in entries)
    )


def test_context() -> None:
    """Gives a segment the one before it, and none from another document."""
    corpus = rows(
        ("d1", None, "关于促进就业的意见"),
        ("d1", None, "一、总体要求"),
        ("d1", None, "加大引才力度。"),
        ("d2", None, "推进信贷支持。"),
        ("d2", None, "落实奖补资金。"),
    )
    segments = corpus.segments()
    assert [segment.text for segment in segments] == corpus.texts
    assert [segment.previous for segment in segments] == [
        "",
        "关于促进就业的意见",
        "一、总体要求",
        "",
        "推进信贷支持。",
    ]
    assert [segment.title for segment in segments] == ["关于促进就业的意见"] * 3 + ["", ""]
    assert segments[2].heading == "一、总体要求"


def test_context_ends_at_a_gap() -> None:
    """Gives a segment no context from before a gap in the numbers of the document's segments."""
    corpus = rows(
        ("d1", 4, "甲推进建设。"),
        ("d1", 5, "乙推进建设。"),
        ("d1", 9, "丙推进建设。"),
        ("d1", 10, "丁推进建设。"),
        ("d1", 3, "戊推进建设。"),
        ("d2", 4, "己推进建设。"),
        ("d2", None, "庚推进建设。"),
    )
    assert [segment.previous[:1] for segment in corpus.segments()] == [
        "",
        "甲",
        "",
        "丙",
        "",
        "",
        "己",
    ]


def test_context_of_numbered_rows(tmp_path: Path) -> None:
    """Reads the numbers of segments from JSON Lines and from CSV."""
    records = [
        {"doc_id": "d", "segment": place, "text": text, "label": "a"}
        for place, text in ((0, "甲推进。"), (1, "乙推进。"), (3, "丙推进。"))
    ]
    table = "doc_id,segment,text,label\n" + "".join(
        f"d,{record['segment']},{record['text']},a\n" for record in records
    )
    for path in (write_jsonl(tmp_path, *records), write(tmp_path, "data.csv", table)):
        corpus = Corpus.from_path(path)
        assert [row.place for row in corpus.rows] == [0, 1, 3]
        assert [segment.previous for segment in corpus.segments()] == ["", "甲推进。", ""]


def test_digest() -> None:
    """Changes with texts, labels, documents and their order, and with nothing else."""
    first, second = ("d1", None, "甲"), ("d1", None, "乙")
    corpus = rows(first, second)
    assert corpus.digest() == rows(first, second).digest()
    assert len(corpus.digest()) == 64
    source = LabelledSegment("甲", ("a",), "d1", source="elsewhere:3", metadata={"year": "2020"})
    assert Corpus((source, corpus.rows[1])).digest() == corpus.digest()
    others = [
        rows(second, first),
        rows(first),
        rows(first, ("d2", None, "乙")),
        rows(first, ("d1", None, "乙。")),
        Corpus((corpus.rows[0], LabelledSegment("乙", ("b",), "d1"))),
        Corpus((corpus.rows[0], LabelledSegment("乙", ("a", "b"), "d1"))),
        Corpus((corpus.rows[0], LabelledSegment("乙", ("b", "a"), "d1"))),
    ]
    assert len({other.digest() for other in [corpus, *others]}) == len(others) + 1


def test_half_a_character(tmp_path: Path) -> None:
    """Reads and hashes a text with half of a surrogate pair, which JSON can write."""
    corpus = Corpus.from_path(write(tmp_path, "a.jsonl", r'{"text": "引\ud840才", "label": "a"}'))
    assert corpus.texts == ["引\ud840才"]
    assert len(corpus.digest()) == 64


def test_several_labels_in_a_cell(tmp_path: Path) -> None:
    """Reads further and optional labels of a CSV with a stroke between them."""
    path = tmp_path / "gold.csv"
    path.write_text(
        "text,label,labels,optional\n对引才企业给予补贴。,talent,talent|finance,strategy\n"
        "压实责任。,organisation,organisation,\n",
        encoding="utf-8",
    )
    first, second = Corpus.from_path(path).rows
    assert (first.labels, first.optional) == (("talent", "finance"), ("strategy",))
    assert (second.labels, second.optional) == (("organisation",), ())


# --- Reviews -----------------------------------------------------------------------------------


def test_labels_before_a_review(tmp_path: Path) -> None:
    """A list, or a cell with a stroke; no metadata; what has none keeps its labels."""
    lines = (
        '{"text": "甲", "labels": ["a", "c"], "before_review": ["b"]}\n{"text": "乙", "label": "a"}'
    )
    table = "text,labels,before_review\n甲,a|c,b\n乙,a,\n"
    for path in (write(tmp_path, "a.jsonl", lines), write(tmp_path, "b.csv", table)):
        corpus = Corpus.from_path(path)
        assert corpus.labels == [("a", "c"), ("a",)]
        assert corpus.unreviewed().labels == [("b",), ("a",)]
        assert corpus.unreviewed().unreviewed() == corpus.unreviewed()
        assert corpus.n_reviewed == 1
        assert corpus.unreviewed(["b", "c"]) == corpus.unreviewed()
        assert corpus.unreviewed(["c"]).labels == corpus.labels
        assert corpus.rows[0].metadata == {}
        assert corpus.digest() != corpus.unreviewed().digest()
    plain = rows(("d1", None, "甲"))
    assert plain.unreviewed() is plain


def test_labels_before_a_review_are_checked(tmp_path: Path, tiny_data: TrainingData) -> None:
    """They must be of the codebook, and may be written as its names."""
    book = tiny_data.codebook
    assert book is not None
    line = '{{"text": "甲", "label": "talent", "before_review": {}}}'
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: the codebook .* has no label 'b'"):
        Corpus.from_path(write(tmp_path, "a.jsonl", line.format('["b"]')), codebook=book)
    for value in ('"finance"', "0", "false", "{}", '""'):
        with pytest.raises(CorpusError, match="'before_review' must be a list"):
            Corpus.from_path(write(tmp_path, "a.jsonl", line.format(value)))
    assert not Corpus.from_path(write(tmp_path, "a.jsonl", line.format("null"))).n_reviewed
    with pytest.raises(CorpusError, match="a label stands twice in 'before_review': b, b"):
        Corpus.from_path(write(tmp_path, "a.jsonl", line.format('["b", "b"]')))
    named = write(tmp_path, "a.jsonl", line.format(f'["{book.label("finance").name.zh}"]'))
    assert Corpus.from_path(named).with_ids(book).unreviewed().primaries == ["finance"]


# --- Coders ------------------------------------------------------------------------------------


def test_coders_in_json_lines_and_in_a_table(tmp_path: Path) -> None:
    """An object, or a column a coder; empty and null are not coded, and no metadata."""
    lines = ('{"text": "甲", "label": "a", "coders": {"wu": "a", "li": null}, "year": 2020}',)
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    table = "text,label,coder:wu,coder: li\n甲,a,a,\n乙,b,a,b\n"
    (tmp_path / "b.csv").write_text(table, encoding="utf-8")
    (row,) = Corpus.from_path(tmp_path / "a.jsonl").rows
    assert (row.coders, row.metadata) == ({"wu": "a"}, {"year": "2020"})
    corpus = Corpus.from_path(tmp_path / "b.csv")
    assert corpus.codings() == {"li": [None, "b"], "wu": ["a", "a"]}
    assert corpus.rows[1].metadata == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"text": "甲", "label": "a", "coders": ["a"]}',
            r"bad.jsonl:1: 'coders' must be an object",
        ),
        ('{"text": "甲", "label": "a", "coders": {"wu": ["a"]}}', r"bad.jsonl:1: a label must be"),
        ('{"text": "甲", "label": "a", "coder:": "a"}', r"bad.jsonl:1: the column 'coder:' needs"),
    ],
)
def test_coders_that_are_malformed(tmp_path: Path, content: str, message: str) -> None:
    """Names the line and says what was needed."""
    (tmp_path / "bad.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        Corpus.from_path(tmp_path / "bad.jsonl")


def test_coders_know_the_codebook(tmp_path: Path) -> None:
    """A coder's label that the codebook lacks is an error, too."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "甲", "label": "talent", "coders": {"wu": "x"}}', encoding="utf-8")
    with pytest.raises(CorpusError, match="has no label 'x'"):
        Corpus.from_path(path, codebook=Codebook.from_toml(TINY))


def test_columns_beside(tmp_path: Path) -> None:
    """What else is known is looked up by column; one that nobody has is an error."""
    path = tmp_path / "a.csv"
    path.write_text("text,label,genre\n甲,a,news\n乙,b,\n", encoding="utf-8")
    corpus = Corpus.from_path(path)
    assert corpus.column("genre") == ["news", ""]
    with pytest.raises(CorpusError, match=r"need a column 'year'\. Got genre"):
        corpus.column("year")


def test_null_in_a_column_beside_is_none(tmp_path: Path) -> None:
    """As an empty cell is: pandas writes null where a row has no year, and zero is one."""
    path = write_jsonl(
        tmp_path,
        {"text": "甲", "label": "a", "year": 2020, "genre": None},
        {"text": "乙", "label": "a", "year": None},
        {"text": "丙", "label": "a", "year": 0},
    )
    corpus = Corpus.from_path(path)
    assert corpus.column("year") == ["2020", "", "0"]
    with pytest.raises(CorpusError, match=r"need a column 'genre'\. Got year"):
        corpus.column("genre")


def test_purpose_parts_what_is_trained_and_measured_on() -> None:
    """What was drawn to measure on is not trained on, and the reverse; the rest serves both."""
    rows = tuple(
        LabelledSegment(text, ("a",), "d", metadata={"purpose": purpose} if purpose else {})
        for text, purpose in (("一", "train"), ("二", "evaluate"), ("三", ""), ("四", "其他"))
    )
    corpus = Corpus(rows)
    assert corpus.for_purpose("train").texts == ["一", "三", "四"]
    assert corpus.for_purpose("evaluate").texts == ["二", "三", "四"]
    with pytest.raises(CorpusError, match="all segments are marked with the purpose 'train'"):
        Corpus(rows[:1]).for_purpose("evaluate")


def test_names_of_labels_become_ids(tiny_data: TrainingData) -> None:
    """Names in a codebook, in either language, are its ids; what it does not know stays."""
    book = tiny_data.codebook
    assert book is not None
    name = book.label("talent").name
    rows = (
        LabelledSegment(
            "甲。", (name.zh, "finance"), "d", (name.en,), coders={"a": name.zh, "b": "x"}
        ),
        LabelledSegment("乙。", ("unheard-of",), "d"),
    )
    first, second = Corpus(rows).with_ids(book).rows
    assert (first.labels, first.optional) == (("talent", "finance"), ("talent",))
    assert first.coders == {"a": "talent", "b": "x"}
    assert second == rows[1]
    ids = Corpus((LabelledSegment("甲。", ("talent",), "d"),))
    assert ids.with_ids(book) is ids
    assert Corpus(rows).with_ids(None).rows == rows
