"""The command, end to end: what it writes where, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner

import tiny
from policyclf import __version__, load
from policyclf.cli import cli, main
from policyclf.cli import documents as documents_module
from policyclf.cli.label import LabelRecords
from policyclf.cli.output import cells, choose_format, fit, open_output
from policyclf.codebook import LANGUAGES, Codebook, Language
from policyclf.documents import Document
from policyclf.exceptions import ModelError, OutputError
from policyclf.features import compiled
from policyclf.labeling import Labeler
from policyclf.lexicon import Lexicon
from subcommands import COMMANDS

COMMAND = Path(sys.executable).with_name("policyclf")
TEXT = "某区工作报告\n\n　　引进高层次人才；治理大气污染。\n　　扩大贷款规模。\n"
FIELDS = [
    "document",
    "start",
    "end",
    "text",
    "kind",
    "heading",
    "title",
    "label",
    "labels",
    "confidence",
    "unsure",
]


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def spawn(tmp_path: Path) -> Run:
    """Run the command in a process and a folder of its own."""

    def spawn(*arguments: object, stdin: bytes = b"", **environment: str) -> Done:
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            check=False,
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, **environment},
        )
        return finished(done.returncode, done.stdout, done.stderr)

    return spawn


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a folder of its own, within this process: that takes no second."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> Done:
        streams = [io.TextIOWrapper(io.BytesIO(content), "ascii") for content in (stdin, b"", b"")]
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            for name, value in environment.items():
                patch.setenv(name, value)
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            patch.setattr(sys, "argv", [str(COMMAND), *map(str, arguments)])
            patch.setattr(warnings, "showwarning", warnings.showwarning)
            with pytest.raises(SystemExit) as end:
                main()
        for stream in streams:
            stream.flush()
        out, err = (stream.buffer.getvalue() for stream in streams[1:])
        return finished(end.value.code or 0, out, err)

    return run


def finished(code: object, out: bytes, err: bytes) -> Done:
    assert isinstance(code, int)
    done = Done(code, out.decode("utf-8"), err.decode("utf-8"))
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "报告.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]


def failed(done: Done, code: int = 1) -> str:
    """Check that a command failed in one line on standard error, and return that line."""
    assert done.returncode == code
    assert done.stdout == ""
    lines = done.stderr.rstrip("\n").split("\n")
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("policyclf: ")
    return lines[0]


# --- label -------------------------------------------------------------------------------------


def test_label_writes_json_lines(spawn: Run, report: Path, tiny_folder: Path) -> None:
    """In a pipe, each sentence is a line of JSON, as the library has it."""
    done = spawn("label", report.name, "--model", tiny_folder)
    assert (done.returncode, done.stderr) == (0, "")
    expected = load(tiny_folder).label(TEXT)
    found = records(done.stdout)
    assert [list(record) for record in found] == [FIELDS] * 3
    for record, sentence in zip(found, expected, strict=True):
        assert record["document"] == report.name
        assert TEXT[record["start"] : record["end"]] == record["text"] == sentence.text
        assert (record["label"], tuple(record["labels"])) == (sentence.label, sentence.labels)
        assert record["confidence"] == round(sentence.confidence, 4)
        assert record["unsure"] == sentence.unsure
        assert (record["kind"], record["title"]) == (sentence.kind, sentence.title)


def test_label_with_the_shipped_model(spawn: Run) -> None:
    """Without a model, the one that comes along labels."""
    done = spawn("label", "-", stdin="全力招商引资。".encode())
    assert [record["label"] for record in records(done.stdout)] == ["investment_attraction"]


def test_label_standard_input(run: Run, tiny_folder: Path) -> None:
    """A dash is standard input, in any encoding."""
    for codec in ("utf-8", "gb18030", "utf-16"):
        done = run("label", "-", "--model", tiny_folder, stdin=TEXT.encode(codec))
        assert [record["document"] for record in records(done.stdout)] == ["-"] * 3
        assert records(done.stdout)[2]["label"] == "finance"


def test_label_to_a_file(spawn: Run, report: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """With -o the records stand in the file, and nothing on standard output."""
    piped = spawn("label", report.name, "--model", tiny_folder)
    done = spawn("label", report.name, "--model", tiny_folder, "-o", "out.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == piped.stdout
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o644
    assert {path.name for path in tmp_path.iterdir()} == {report.name, "out.jsonl"}


def test_label_to_csv(run: Run, report: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """A file named .csv is CSV as Excel reads it: a mark, a header, lists joined."""
    expected = records(run("label", report.name, "--model", tiny_folder).stdout)
    assert run("label", report.name, "--model", tiny_folder, "-o", "out.CSV").returncode == 0
    content = (tmp_path / "out.CSV").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfdocument,")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [list(row) for row in rows] == [FIELDS] * 3
    for row, record in zip(rows, expected, strict=True):
        assert row["text"] == record["text"]
        assert row["labels"] == "|".join(record["labels"])
        assert float(row["confidence"]) == record["confidence"]
        assert row["heading"] == (record["heading"] or "")


def test_label_to_csv_in_a_pipe(run: Run, report: Path, tiny_folder: Path) -> None:
    """On standard output CSV has no mark in front."""
    done = run("label", report.name, "--model", tiny_folder, "--format", "csv")
    assert done.stdout.startswith("document,")


def test_label_as_a_table(run: Run, report: Path, tiny_folder: Path) -> None:
    """A table has the document above, and label, probability and sentence in columns."""
    arguments = ("label", report.name, "--model", tiny_folder, "--format", "table", "--lang", "zh")
    lines = run(*arguments, COLUMNS="80").stdout.rstrip("\n").split("\n")
    assert lines[0] == report.name
    assert lines[1].split() == ["标签", "概率", "句子"]
    assert lines[4].split()[0] == "金融"
    assert lines[4].endswith("扩大贷款规模。")
    assert all(cells(line) <= 80 for line in lines)
    assert len({cells(line[: line.index(text)]) for line, text in
                zip(lines[2:], ["某区", "引进", "扩大"], strict=True)}) == 1  # fmt: skip


def test_label_a_folder(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    """A folder is its text files in order, those of folders in it too, hidden ones not."""
    for name in ("b.txt", "a.txt", "sub/c.TXT", ".hidden.txt", "notes.md"):
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / name).write_text("扩大贷款规模。", encoding="utf-8")
    done = run("label", "docs", "--model", tiny_folder)
    assert [record["document"] for record in records(done.stdout)] == [
        "docs/a.txt",
        "docs/b.txt",
        "docs/sub/c.TXT",
    ]
    assert "not read, being no text, HTML, PDF or DOCX by name: 1 .md.\n" in done.stderr


def test_label_a_folder_without_text(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """A folder in which there is nothing to read is an error, and no file is written."""
    (tmp_path / "docs").mkdir()
    done = run("label", "docs", "--model", tiny_folder, "-o", "out.jsonl")
    assert done.returncode == 1
    assert "no document in docs" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("command", ["label", "segment"])
def test_one_unreadable_file_does_not_stop_the_rest(
    run: Run, report: Path, tmp_path: Path, command: str
) -> None:
    """The others are written, the bad ones named and counted, and the exit code is 1."""
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4 ...")
    (tmp_path / "photo.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    names = [report.name, "scan.pdf", "photo.txt", "missing.txt", report.name]
    piped = run(command, *names)
    assert piped.returncode == 1
    assert len(records(piped.stdout)) == 6
    messages = piped.stderr.rstrip("\n").split("\n")
    assert len(messages) == 4
    assert messages[0].startswith(
        "policyclf: scan.pdf: is a PDF that cannot be opened: it is damaged."
    )
    assert messages[1].startswith("policyclf: photo.txt: is a picture, not text.")
    assert messages[2] == "policyclf: missing.txt: cannot be read: No such file or directory."
    assert messages[3] == "policyclf: 3 of 5 documents could not be read."
    to_file = run(command, *names, "-o", "out.jsonl")
    assert to_file.returncode == 1
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == piped.stdout


def test_label_an_empty_file(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """An empty file has no sentences, which is said, and is no error."""
    (tmp_path / "empty.txt").touch()
    done = run("label", "empty.txt", "--model", tiny_folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "policyclf: warning: empty.txt: has no text.\n"


def test_output_that_is_an_input(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """A document is not overwritten by its own labels."""
    (tmp_path / "a.txt").write_text("扩大贷款规模。", encoding="utf-8")
    done = run("label", "a.txt", "-o", "a.txt", "--model", tiny_folder)
    assert done.returncode == 2
    assert "a.txt is what is read" in done.stderr
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "扩大贷款规模。"


def test_output_stays_if_nothing_was_read(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """What stood in the output file is kept if no document could be read."""
    (tmp_path / "out.csv").write_text("precious", encoding="utf-8")
    done = run("label", "nowhere.txt", "-o", "out.csv", "--model", tiny_folder)
    assert done.returncode == 1
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "precious"


def test_label_a_damaged_file(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """Characters that cannot be decoded are counted in a warning, and the rest is labelled."""
    content = ("扩大贷款规模。" * 100).encode("gb18030") + b"\xff\xff"
    (tmp_path / "damaged.txt").write_bytes(content)
    done = run("label", "damaged.txt", "--model", tiny_folder)
    assert done.returncode == 0
    assert "warning: damaged.txt: " in done.stderr
    assert "could not be decoded as gb18030" in done.stderr
    assert len(records(done.stdout)) >= 100


def test_label_probabilities(run: Run, report: Path, tiny_folder: Path) -> None:
    """With --probabilities every label has its own, in CSV a column each."""
    arguments = ("label", report.name, "--model", tiny_folder, "--probabilities")
    for record in records(run(*arguments, "--lang", "en").stdout):
        assert set(record["probabilities"]) == {
            "Business environment",
            "Ecology",
            "Finance",
            "Talent",
        }
        assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    header = run(*arguments, "--format", "csv").stdout.split("\r\n")[0].split("\n")[0]
    assert header.split(",")[-4:] == ["p_ecology", "p_environment", "p_finance", "p_talent"]


def test_label_threshold(run: Run, report: Path, tiny_folder: Path) -> None:
    """The threshold says under which confidence a sentence is unsure."""
    arguments = ("label", report.name, "--model", tiny_folder, "--threshold")
    for threshold in (0.0, 0.9, 1.0):
        for record in records(run(*arguments, threshold).stdout):
            assert record["unsure"] == (record["confidence"] < threshold) or threshold == 1
    assert run(*arguments, 1.5).returncode == 2


def test_label_clauses(run: Run, report: Path, tiny_folder: Path) -> None:
    """By clause, a sentence is cut at ；."""
    done = run("label", report.name, "--model", tiny_folder, "--unit", "clause")
    texts = [record["text"] for record in records(done.stdout)]
    assert texts == ["某区工作报告", "引进高层次人才；", "治理大气污染。", "扩大贷款规模。"]


def test_label_languages(run: Run, report: Path, tiny_folder: Path) -> None:
    """Labels are named by id, or in one of the languages of the codebook."""
    names = {
        lang: records(run("label", report.name, "--model", tiny_folder, "--lang", lang).stdout)[2][
            "label"
        ]
        for lang in ("id", "en", "zh")
    }
    assert names == {"id": "finance", "en": "Finance", "zh": "金融"}


def test_label_with_a_given_encoding(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """The encoding that is given is used, and one that does not fit is an error."""
    (tmp_path / "a.txt").write_bytes("扩大贷款规模。".encode("gb18030"))
    arguments = ("label", "a.txt", "--model", tiny_folder, "--encoding")
    assert records(run(*arguments, "gbk").stdout)[0]["text"] == "扩大贷款规模。"
    for codec, message in [("utf-8", "is not text in utf-8"), ("klingon", "must be a codec")]:
        done = run(*arguments, codec)
        assert (done.returncode, done.stdout) == (1, "")
        assert message in done.stderr


@pytest.mark.parametrize("name", ["model.zip", "model.joblib"])
def test_label_with_a_packed_model(
    run: Run, report: Path, tiny_labeler: Labeler, tmp_path: Path, name: str
) -> None:
    """A model may be a zip or a joblib file."""
    tiny_labeler.save(tmp_path / name)
    done = run("label", report.name, "--model", name)
    assert records(done.stdout)[2]["label"] == "finance"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["label", "报告.txt", "--model", "nowhere"], "nowhere: there is no such model"),
        (["label", "报告.txt", "--model", "报告.txt"], "is no model of this library"),
        (["label", "报告.txt", "-o", "no/folder/out.jsonl"], "cannot be written: No such file"),
        (["label", "报告.txt", "-o", "."], ".: cannot be written: "),
        (["segment", "报告.txt", "-o", "no/folder/out.csv"], "cannot be written: No such file"),
        (["info", "nowhere"], "nowhere: there is no such model"),
        (["labels", "--model", "报告.txt"], "is no model of this library"),
        (["evaluate", ".", "报告.txt"], "is no model: it has no manifest.json"),
        (["train", "报告.txt", "-o", "m"], "报告.txt:1: is not JSON"),
        (["train", "one.csv", "-o", "m"], "y has one label only"),
        (["train", "none.csv", "-o", "m"], "has no labelled segments"),
    ],
)
def test_errors_are_one_line(
    run: Run, report: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """What cannot be done is said in one line on standard error, with exit code 1."""
    assert report.exists()
    (tmp_path / "one.csv").write_text("text,label\n甲,a\n甲乙,a\n", encoding="utf-8")
    (tmp_path / "none.csv").write_text("text,label\n", encoding="utf-8")
    done = run(*arguments)
    progress = [line for line in done.stderr.splitlines(keepends=True) if line.endswith(" …\n")]
    for line in progress:
        assert arguments[0] == "train"
        done = done._replace(stderr=done.stderr.replace(line, ""))
    assert message in failed(done)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["label"],
        ["label", "a.txt", "--unit", "word"],
        ["label", "a.txt", "--format", "xml"],
        ["label", "a.txt", "--threshold", "high"],
        ["train", "a.csv"],
        ["train", "missing.csv", "-o", "m"],
        ["evaluate", "missing", "missing"],
        ["nonsense"],
    ],
)
def test_wrong_calls(run: Run, arguments: list[str]) -> None:
    """A wrong call shows the usage and ends with 2."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: policyclf" in done.stderr
    assert "Error: " in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["label", "--help"], ["train", "-h"], ["--version"]]
)
def test_help_and_version(run: Run, arguments: list[str]) -> None:
    """Help and version are printed and end with 0."""
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("Usage: policyclf" in done.stdout) or (__version__ in done.stdout)


def test_every_command_and_option_explains_itself() -> None:
    """Each command has a help text, and each option."""
    for name, command in COMMANDS.items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name not in {"help", "unit"}:
                documented = parameter.help or isinstance(
                    parameter.type, click.Choice | click.IntRange
                )
                assert documented or parameter.show_default, f"{name} {parameter.name}"


# --- segment -----------------------------------------------------------------------------------


def test_segment(run: Run, report: Path, tmp_path: Path) -> None:
    """Documents are cut without a model, as JSON Lines, CSV or a table."""
    found = records(run("segment", report.name).stdout)
    assert [(r["text"], r["kind"]) for r in found] == [
        ("某区工作报告", "heading"),
        ("引进高层次人才；治理大气污染。", "sentence"),
        ("扩大贷款规模。", "sentence"),
    ]
    assert all(TEXT[r["start"] : r["end"]] == r["text"] for r in found)
    assert found[1]["title"] == "某区工作报告"
    clauses = records(run("segment", report.name, "--unit", "clause").stdout)
    assert [r["kind"] for r in clauses] == ["heading", "clause", "clause", "sentence"]
    assert run("segment", report.name, "-o", "out.csv").returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["text"] for row in rows] == [r["text"] for r in found]
    table = run("segment", report.name, "--format", "table").stdout.split("\n")
    assert table[0] == report.name
    assert "扩大贷款规模。" in table[4]


@pytest.mark.usefixtures("report")
@pytest.mark.parametrize("target", ["keep.csv", "model/manifest.json"])
def test_what_is_read_is_not_overwritten(
    run: Run, table: Path, tmp_path: Path, tiny_labeler: Labeler, target: str
) -> None:
    """Data that were coded by hand and the files of a model stay what they are."""
    tiny_labeler.save(tmp_path / "model")
    (tmp_path / "keep.csv").write_bytes(table.read_bytes())
    before = (tmp_path / target).read_bytes()
    arguments = {
        "keep.csv": ("audit", "keep.csv", "-o", target),
        "model/manifest.json": ("label", "报告.txt", "--model", "model", "-o", target),
    }[target]
    done = run(*arguments)
    assert done.returncode == 2
    assert f"{target} is what is read: it would be overwritten." in done.stderr
    assert (tmp_path / target).read_bytes() == before


def test_output_to_what_is_open(
    spawn: Run, report: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    """/dev/stdout is standard output, and adds to a file that it stands for."""
    arguments = ("label", report.name, "--model", tiny_folder)
    expected = spawn(*arguments).stdout
    assert spawn(*arguments, "-o", "/dev/stdout").stdout == expected
    with (tmp_path / "out").open("a", encoding="utf-8") as stream:
        stream.write("here already\n")
        stream.flush()
        command = [sys.executable, "-m", "policyclf", *map(str, arguments), "-o", "/dev/stdout"]
        subprocess.run(command, cwd=tmp_path, stdout=stream, check=True)
    assert (tmp_path / "out").read_text(encoding="utf-8") == f"here already\n{expected}"


@pytest.mark.parametrize("name", ["thesis", "m.zip", "m.joblib"])
def test_train_looks_where_it_would_write(run: Run, table: Path, tmp_path: Path, name: str) -> None:
    """What stands there and is no model is refused before the work, by calibrate, too."""
    if name == "thesis":
        (tmp_path / name).mkdir()
        (tmp_path / name / "chapter1.txt").write_text("甲", encoding="utf-8")
    else:
        (tmp_path / name).write_text("甲", encoding="utf-8")
    for arguments in (("train", table.name), ("calibrate", "policyclf-zh", table.name)):
        message = failed(run(*arguments, "-o", name))
        assert f"{name}: stands there already and is no model" in message
        assert "training" not in message
    assert "is no folder to write in" in failed(run("train", table.name, "-o", f"{table.name}/m"))


# --- train, evaluate, info, labels -------------------------------------------------------------


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write the tiny corpus as a CSV."""
    path = tmp_path / "data.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["doc_id", "text", "label"])
        for doc_id, sentences in tiny.SENTENCES.items():
            rows.writerows((doc_id, text, label) for label, text in sentences)
    return path


@pytest.mark.parametrize("name", ["model", "model.zip", "model.joblib"])
def test_train_on_a_table(run: Run, table: Path, tmp_path: Path, name: str) -> None:
    """A CSV is trained on and the model saved as its name says, with figures on the way."""
    done = run("train", table.name, "-o", name, "--min-df", "1", "-C", "1")
    assert (done.returncode, done.stdout) == (0, "")
    lines = done.stderr.rstrip("\n").split("\n")
    assert lines[0] == "reading …"
    assert lines[1] == "training on 60 segments …"
    assert lines[2].startswith("cross-validated: macro-F1 0.")
    assert lines[3].startswith(f"{name}: 4 labels, ")
    labeler = load(tmp_path / name)
    assert labeler.predict(["引进高层次人才。"]) == ["talent"]
    assert labeler.bundle.provenance["parameters"]["C"] == 1
    assert [block.name for block in labeler.bundle.model.blocks] == ["characters"]


@pytest.mark.parametrize(
    "arguments",
    [
        *(("train", "data.csv", "-o", "m", "--seed", seed) for seed in ("-1", "4294967296")),
        ("train", "data.csv", "-o", "m", "-C", "inf"),
        ("audit", "data.csv", "--seed", "4294967296"),
        ("evaluate", "data.csv", "--seed", "-1"),
        ("evaluate", "--cv", "3", "data.csv", "--seed", "4294967296"),
        ("compare", "m", "m", "data.csv", "--seed", "-1"),
    ],
    ids=lambda arguments: " ".join((arguments[0], *arguments[-2:])),
)
def test_numbers_out_of_range(run: Run, table: Path, arguments: tuple[str, ...]) -> None:
    """Are a wrong call, before anything is read."""
    assert table.name == "data.csv"
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{arguments[-1]}" in done.stderr
    assert "is not in the range" in done.stderr


def test_train_on_a_folder(run: Run, table: Path, tmp_path: Path) -> None:
    """A folder like labels/ gives codebook and lexicon too; gold is measured on."""
    folder = tmp_path / "labels"
    (folder / "corpus").mkdir(parents=True)
    lines = (
        json.dumps({"doc_id": d, "text": t, "labels": [label]}, ensure_ascii=False) + "\n"
        for d, sentences in tiny.SENTENCES.items()
        for label, t in sentences
    )
    (folder / "corpus" / "all.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "codebook.toml").write_text(tiny.CODEBOOK, encoding="utf-8")
    terms = Lexicon.from_rows(tiny.TERMS).to_tsv()
    (folder / "lexicon.tsv").write_text(terms, encoding="utf-8")
    done = run("train", "labels", "-o", "model", "--min-df", "1", "--gold", table.name)
    assert done.returncode == 0
    assert "on gold: macro-F1 " in done.stderr
    labeler = load(tmp_path / "model")
    assert labeler.codebook is not None
    assert [block.name for block in labeler.bundle.model.blocks] == ["characters", "lexicon"]


def test_train_takes_gold_as_evaluate_does(run: Run, table: Path, tmp_path: Path) -> None:
    """With columns and labels by other names; a label that the model lacks is a warning."""
    book = Codebook.from_toml(tiny.CODEBOOK)
    (tmp_path / "codebook.toml").write_text(tiny.CODEBOOK, encoding="utf-8")
    with (tmp_path / "gold.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["doc_id", "句子", "主题"])
        for row in read_csv(table):
            rows.writerow([row["doc_id"], row["text"], book.label(row["label"]).name.zh])
    (tmp_path / "labels" / "corpus").mkdir(parents=True)
    with (tmp_path / "labels" / "corpus" / "a.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in read_csv(table))
    train = ("train", "labels", "--codebook", "codebook.toml")
    columns = ("--text-column", "句子", "--label-column", "主题")
    figures = []
    for model, gold in (("a", (table.name,)), ("b", ("gold.csv", *columns))):
        done = run(*train, "-o", model, "--gold", *gold)
        assert (done.returncode, "warning" in done.stderr) == (0, False), done.stderr
        figures.append(load(tmp_path / model).bundle.metrics["gold"]["model"])
    assert figures[0] == figures[1]
    (tmp_path / "gold.csv").write_text("text,label\n看日出。,tourism\n", encoding="utf-8")
    done = run(*train, "-o", "c", "--gold", "gold.csv")
    assert done.returncode == 0
    assert "warning: the model has no label tourism" in done.stderr


def test_train_does_not_overwrite_something_else(run: Run, table: Path, tmp_path: Path) -> None:
    """A folder that is no model stays as it is."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").touch()
    done = run("train", table.name, "-o", "thesis")
    assert done.returncode == 1
    assert "thesis: stands there already and is no model" in done.stderr
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


def test_train_warns_in_one_line(spawn: Run, tmp_path: Path) -> None:
    """A text with two labels is a warning of one line, and the model is made."""
    rows = ["text,label"] + [f"{'甲乙' * n},{'ab'[n % 2]}" for n in range(1, 9)] + ["甲乙,a"]
    (tmp_path / "data.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    done = spawn("train", "data.csv", "-o", "model")
    assert done.returncode == 0
    warned = [line for line in done.stderr.split("\n") if "warning" in line]
    assert len(warned) == 1
    assert warned[0].startswith("policyclf: warning: 1 texts have two labels")


def test_evaluate(run: Run, table: Path, tiny_folder: Path) -> None:
    """A report has model and baselines with intervals, then each label."""
    done = run("evaluate", tiny_folder, table.name)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.split("\n")
    assert lines[0] == "60 segments of 8 documents; [95 % interval over documents]"
    systems = {line.split()[0]: line.split()[1] for line in lines[3:6]}
    assert list(systems) == ["model", "dictionary", "majority"]
    assert float(systems["model"]) > float(systems["dictionary"]) > float(systems["majority"])
    labels = [line.split()[0] for line in lines[8:12]]
    assert sorted(labels) == ["ecology", "environment", "finance", "talent"]


def test_evaluate_as_json(run: Run, table: Path, tiny_folder: Path) -> None:
    """The figures as JSON are those of the report, micro F1 among them."""
    done = run("evaluate", tiny_folder, table.name, "--json", "--seed", "3")
    figures = json.loads(done.stdout)
    assert list(figures) == ["model", "dictionary", "majority"]
    model = figures["model"]
    assert model["n_segments"] == 60
    assert model["accuracy"] == model["micro_f1"]
    assert model["accuracy"]["low"] <= model["accuracy"]["value"] <= model["accuracy"]["high"]
    assert model["labels"]["talent"]["support"] == 16
    assert figures["majority"]["accuracy"]["value"] == round(16 / 60, 4)
    again = run("evaluate", tiny_folder, table.name, "--json", "--seed", "3")
    assert again.stdout == done.stdout


@pytest.fixture
def corrected(table: Path) -> Path:
    """Write the table with each label exchanged in a review."""
    path = table.with_name("corrected.csv")
    labels = ["ecology", "environment", "finance", "talent"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["doc_id", "text", "label", "before_review"])
        for row in read_csv(table):
            other = labels[labels.index(row["label"]) - 1]
            rows.writerow([row["doc_id"], row["text"], other, row["label"]])
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "MODEL", "GOLD", "--json"),
        ("compare", "MODEL", "MODEL", "GOLD", "--json"),
    ],
    ids=lambda command: command[0],
)
def test_gold_is_what_stood_there_before_a_review(
    run: Run, table: Path, corrected: Path, tiny_folder: Path, command: tuple[str, ...]
) -> None:
    """Figures on a file that was corrected are those on the file as it was, and it is said."""

    def on(gold: Path) -> Done:
        places = {"MODEL": str(tiny_folder), "GOLD": gold.name}
        return run(*(places.get(argument, argument) for argument in command))

    before, after = on(table), on(corrected)
    assert (before.returncode, after.returncode) == (0, 0), before.stderr
    assert after.stdout == before.stdout
    assert "labels from before a review (before_review), which changed 60 of 60" in after.stderr
    assert "review" not in before.stderr


def test_cross_validation_is_judged_by_what_stood_there_before_a_review(
    run: Run, table: Path, corrected: Path
) -> None:
    """Models of wrong labels give wrong labels: all folds are trained on the new ones."""
    accuracies = []
    for data in (table, corrected):
        done = run("evaluate", "--cv", "2", data.name, "--json")
        assert ("before a review" in done.stderr) == (data == corrected)
        accuracies.append(json.loads(done.stdout)["model"]["accuracy"]["value"])
    assert accuracies[0] > 0.6
    assert accuracies[1] < 0.3


def test_training_measures_on_gold_from_before_a_review(
    run: Run, table: Path, corrected: Path
) -> None:
    figures = []
    for gold in (table, corrected):
        assert run("train", table.name, "-o", gold.stem, "--gold", gold.name).returncode == 0
        metrics = json.loads((table.parent / gold.stem / "metrics.json").read_bytes())
        figures.append(metrics["gold"]["model"]["accuracy"])
    assert figures[0] == figures[1]


def test_evaluate_on_unknown_labels(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """A label that the model lacks is a warning, not an error."""
    (tmp_path / "gold.csv").write_text(
        "句子,主题\n引进人才。,talent\n看日出。,tourism\n", encoding="utf-8"
    )
    columns = ("--text-column", "句子", "--label-column", "主题")
    done = run("evaluate", tiny_folder, "gold.csv", *columns)
    assert done.returncode == 0
    assert "warning: the model has no label tourism" in done.stderr
    seen = run("evaluate", tiny_folder, "gold.csv", *columns, "--training", "gold.csv")
    assert "in the training data: 2 segments of gold (100.0%)" in seen.stdout


def narrow(text: str) -> bool:
    return all(cells(line) <= 80 for line in text.split("\n"))


@pytest.fixture
def rich_table(tmp_path: Path) -> Path:
    """Write the tiny corpus with years, genres and two coders."""
    path = tmp_path / "rich.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["doc_id", "text", "label", "year", "genre", "coder:wu", "coder:li"])
        for number, (doc_id, sentences) in enumerate(tiny.SENTENCES.items()):
            for place, (label, text) in enumerate(sentences):
                other = "talent" if place == 0 else label
                genre = ("news", "report")[number % 2]
                rows.writerow([doc_id, text, label, 2020 + number // 3, genre, label, other])
    return path


def test_evaluate_says_more(run: Run, rich_table: Path, tiny_folder: Path) -> None:
    """Coders, confidence, groups and leaks have their sections, in eighty columns."""
    done = run(
        "evaluate", tiny_folder, rich_table.name, "--by", "genre", "--training", rich_table.name,
        "--coverage", "0.7", "--precision", "0.99", COLUMNS="80",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert narrow(done.stdout)
    for what in (
        "kappa with gold (Cohen)",
        "alpha (Krippendorff), 2 coders, 60 segments",
        "the surest 70%",
        "for precision 99%",
        "in the training data: 60 segments of gold (100.0%)",
    ):
        assert what in done.stdout
    groups = done.stdout.split("\ngenre ")[1].split("\n")[1:3]
    assert [row.split()[0] for row in groups] == ["news", "report"]


def test_evaluate_json_has_the_details(run: Run, rich_table: Path, tiny_folder: Path) -> None:
    """What the tables leave out stands in the JSON, under the model."""
    done = run("evaluate", tiny_folder, rich_table.name, "--by", "year", "--json")
    model = json.loads(done.stdout)["model"]
    assert list(model["groups"]["year"]) == ["2020", "2021", "2022"]
    assert sum(map(sum, model["confusion_matrix"])) == 60
    assert model["coders"]["coders"] == ["li", "wu"]
    assert model["leakage"] is None
    assert model["brier"]["value"] < 1


def test_evaluate_the_shipped_model(run: Run, tmp_path: Path) -> None:
    """One argument is gold for the model that comes along."""
    (tmp_path / "gold.csv").write_text(
        "text,label\n全力招商引资。,investment_attraction\n引进高层次人才。,talent\n",
        encoding="utf-8",
    )
    done = run("evaluate", "gold.csv", "--json")
    assert json.loads(done.stdout)["model"]["accuracy"]["value"] == 1


def test_cross_validation(run: Run, rich_table: Path) -> None:
    """Without a model, a corpus is labelled out of fold; splits are compared; all is told."""
    done = run("evaluate", "--cv", "3", rich_table.name, "--seed", "1")
    assert done.returncode == 0
    assert narrow(done.stdout)
    assert done.stdout.startswith("60 segments of 8 documents;")
    said = [line for line in done.stderr.split("\n") if not line.startswith(" ")]
    assert said == ["segments apart:", "documents whole:", ""]
    assert done.stderr.count("training on") == 6
    splits = done.stdout.split("\nsplit ")[1].split("\n")
    assert [row.split("  ")[0] for row in splits[1:3]] == ["segments apart", "documents whole"]
    assert splits[3].startswith("segments apart, less documents whole: macro-F1 ")
    again = run("evaluate", "--cv", "3", rich_table.name, "--seed", "1", "--json")
    figures = json.loads(again.stdout)
    assert figures["model"]["macro_f1"] == figures["splits"]["documents whole"]["macro_f1"]
    assert set(figures["gaps"]) == {"segments apart"}


def test_cross_validation_by_group_and_in_time(run: Run, rich_table: Path, tmp_path: Path) -> None:
    """With --by a genre is left out at a time; with --forward later years are labelled."""
    done = run("evaluate", "--cv", "2", "--by", "genre", rich_table.name, "--json")
    figures = json.loads(done.stdout)
    assert list(figures["splits"]) == ["segments apart", "documents whole", "genre left out"]
    assert figures["model"]["groups"]["genre"]["news"]["n_segments"] > 20
    assert figures["model"]["accuracy"] == figures["splits"]["genre left out"]["accuracy"]
    assert run(
        "evaluate", "--cv", "2", "--by", "genre", rich_table.name, "--report", "r", "--lang", "zh"
    ).returncode == 0  # fmt: skip
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("语段打散", "文档完整", "留出一个 genre"))
    done = run("evaluate", "--forward", "year", rich_table.name)
    assert "1/2 2021: training on" in done.stderr
    assert done.stdout.startswith("37 segments of 5 documents;")


def test_cross_validation_without_documents(run: Run, table: Path) -> None:
    """Where each sentence is a document, there is but one way to deal them out."""
    lines = table.read_text(encoding="utf-8").split("\n")
    bare = "\n".join(line.split(",", 1)[-1] for line in lines)
    table.write_text(bare, encoding="utf-8")
    done = run("evaluate", "--cv", "2", table.name, "--json")
    assert list(json.loads(done.stdout)["splits"]) == ["documents whole"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--cv", "5", "rich.csv", "rich.csv"], 2, "give DATA only"),
        (["--cv", "1", "rich.csv"], 2, "x>=2"),
        (["."], 2, ". holds no gold. Give MODEL and gold; or, for a corpus, --cv 5 ."),
        (["--cv", "9", "rich.csv"], 1, "number of documents, 8. Got 9"),
        (["--cv", "2", "--by", "province", "rich.csv"], 1, "need a column 'province'. Got genre"),
        (["--forward", "month", "rich.csv"], 1, "need a column 'month'"),
        (["rich.csv", "--lexicon", "rich.csv"], 2, "--lexicon are for --cv"),
        (["rich.csv", "--report", "rich.csv"], 1, "rich.csv: cannot be made"),
        (["rich.csv", "--by", "month"], 1, "need a column 'month'"),
    ],
)
def test_evaluate_refuses(
    run: Run, rich_table: Path, arguments: list[str], code: int, message: str
) -> None:
    """Says what is wrong before anything is trained."""
    assert rich_table.name == "rich.csv"
    done = run("evaluate", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "training on" not in done.stderr


def test_evaluate_writes_a_report(
    run: Run, rich_table: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    """A folder gets a page and all figures; the table is printed as ever."""
    done = run("evaluate", tiny_folder, rich_table.name, "--report", "new/report", "--lang", "zh")
    assert done.returncode == 0
    assert done.stdout.startswith("60 segments")
    folder = tmp_path / "new" / "report"
    assert done.stderr == f"{Path('new/report/report.html')}\n"
    assert {path.name for path in folder.iterdir()} == {"report.html", "report.json"}
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert list(report) == ["about", "model", "dictionary", "majority"]
    assert report["about"]["label_names"]["talent"]["zh"] == "人才"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    assert "营商环境" in page


def test_compare(run: Run, rich_table: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """Two models on one gold: figures of both, differences, and which sentences changed."""
    assert run("train", rich_table.name, "-o", "other", "--min-df", "3").returncode == 0
    done = run("compare", "other", tiny_folder, rich_table.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert narrow(done.stdout)
    assert done.stdout.split("\n")[1] == "A = other"
    assert "McNemar, exact: p" in done.stdout
    found = json.loads(run("compare", "other", tiny_folder, rich_table.name, "--json").stdout)
    apart = [found[key]["macro_f1"]["value"] for key in ("first", "second")]
    assert found["macro_f1"]["value"] == pytest.approx(apart[1] - apart[0], abs=2e-4)
    assert sum(found["counts"].values()) == len(found["changes"])
    same = run("compare", "other", tmp_path / "other", rich_table.name, "--json")
    assert json.loads(same.stdout)["p_value"] == 1


def test_info(run: Run, tiny_folder: Path, tiny_labeler: Labeler) -> None:
    """What a model is, is printed with its hash; the card with --card."""
    done = run("info", tiny_folder)
    rows = {line[:16].rstrip(): line[16:] for line in done.stdout.split("\n")}
    assert rows["sha256"] == tiny_labeler.bundle.sha256
    assert rows["labels"] == "4"
    assert rows["codebook"] == "tiny 1.0"
    assert "60 segments of 8 documents" in done.stdout
    assert run("info", tiny_folder, "--card").stdout.strip() == tiny_labeler.bundle.card.strip()
    lines = run("info").stdout.rstrip("\n").split("\n")
    assert max(map(len, lines)) == 80  # a hash fills the line
    assert any(line.startswith(" " * 16) for line in lines)


def test_info_on_the_engine(spawn: Run, tiny_folder: Path) -> None:
    """Says what counts features here, and that this can be chosen."""
    engines = [
        line.split(maxsplit=1)[1]
        for switch in ("0", "1")
        for line in spawn("info", tiny_folder, POLICYCLF_COMPILED=switch).stdout.split("\n")
        if line.startswith("engine")
    ]
    there_are_loops = compiled.library.__wrapped__() is not None
    assert engines == ["numpy", "compiled loops" if there_are_loops else "numpy"]


def test_labels(run: Run, tiny_folder: Path) -> None:
    """Labels are listed by group with what they take, rules with --rules, all as JSON."""
    listing = run("labels", "--model", tiny_folder, "--lang", "zh", "--rules").stdout
    assert listing.startswith("示例 (tiny 1.0)\n")
    assert "talent" in listing
    assert "引才、育才" in listing
    assert "  1. 给人才的贷款是金融。" in listing
    assert "给人才" not in run("labels", "--model", tiny_folder, "--lang", "zh").stdout
    entries = json.loads(run("labels", "--model", tiny_folder, "--json").stdout)
    assert entries[0] == {"id": "talent", "zh": "人才", "en": "Talent", "group": "all"}
    assert len(json.loads(run("labels", "--json").stdout)) == 18


@pytest.mark.parametrize("lang", LANGUAGES)
def test_labels_fit_a_terminal(run: Run, lang: Language) -> None:
    """No line is wider than eighty columns, none begins with a stop, and no word is lost."""
    listing = run("labels", "--rules", "--lang", lang).stdout
    book = load().codebook
    assert book is not None
    assert max(map(cells, listing.split("\n"))) <= 80
    assert not re.search(r"^ *[，。；：、？！）」]", listing, re.MULTILINE)
    solid = "".join(listing.split())
    for label in book.labels:
        assert "".join(label.takes.in_language(lang).split()) in solid
    for rule in book.rules:
        assert "".join(rule.text.in_language(lang).split()) in solid


def test_labels_without_codebook(run: Run, table: Path) -> None:
    """A model without a codebook has ids only."""
    assert run("train", table.name, "-o", "model", "--words").returncode == 0
    assert run("labels", "--model", "model").stdout.split() == [
        "ecology",
        "environment",
        "finance",
        "talent",
    ]
    entries = json.loads(run("labels", "--model", "model", "--json").stdout)
    assert entries[0] == {"id": "ecology"}
    info = run("info", "model").stdout
    assert "codebook        none" in info
    assert ", words " in info


# --- Interruptions, pipes, locales -------------------------------------------------------------


@pytest.fixture(scope="module")
def large_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write documents that take many seconds to label."""
    folder = tmp_path_factory.mktemp("large")
    texts = [text for sentences in tiny.SENTENCES.values() for _, text in sentences]
    for number in range(1200):
        lines = (
            f"{text[:-1]}，第{number}批第{place}项。\n" for place, text in enumerate(texts * 20)
        )
        (folder / f"{number:03}.txt").write_text("".join(lines), encoding="utf-8")
    return folder


def start(*arguments: object, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_interrupted(large_folder: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """Interrupted at work, it ends with 130 and leaves the old file and nothing else."""
    (tmp_path / "out.jsonl").write_text("of yesterday\n", encoding="utf-8")
    process = start("label", large_folder, "--model", tiny_folder, "-o", "out.jsonl", cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size for path in tmp_path.glob(".out.jsonl.*")):
            assert process.poll() is None, "it ended before it could be interrupted"
            assert time.monotonic() < deadline, "it never began to write"
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"policyclf: interrupted; nothing half-written was left."
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "of yesterday\n"


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="the system has no masks")
def test_processes_start_with_interruptions_held_back() -> None:
    """Ctrl-C reaches all processes of a terminal; of those that start only one may speak."""
    with documents_module._interrupts_held_back():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full disk to try")
@pytest.mark.parametrize(
    "arguments",
    [
        ("label", "报告.txt", "--model", "MODEL"),
        ("label", "报告.txt", "--model", "MODEL", "--format", "table"),
        ("label", "报告.txt", "nope.txt", "--model", "MODEL"),
        ("explain", "报告.txt", "--model", "MODEL"),
        ("labels", "--model", "MODEL"),
        ("--help",),
    ],
)
@pytest.mark.parametrize(
    "how", [("> /dev/full", "No space left on device"), (">&-", "not writable")]
)
def test_standard_output_that_takes_nothing(
    report: Path,
    tiny_folder: Path,
    tmp_path: Path,
    arguments: Sequence[str],
    how: tuple[str, str],
) -> None:
    """A full disk or a closed stream is said in one line, with exit code 1."""
    assert report.exists()
    redirection, reason = how
    given = [str(tiny_folder) if argument == "MODEL" else argument for argument in arguments]
    done = redirected(redirection, *given, cwd=tmp_path)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if not line.startswith("policyclf: nope")]
    assert said == [f"policyclf: standard output: cannot be written: {reason}."]


def redirected(redirection: str, *arguments: str, cwd: Path) -> Done:
    """Run the command by a shell that opens or closes streams."""
    script = f'"$0" "$@" {redirection}'
    shell = ["/bin/sh", "-c", script, str(COMMAND), *arguments]
    done = subprocess.run(shell, cwd=cwd, capture_output=True, check=False)
    return finished(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_closed_streams(report: Path, tmp_path: Path) -> None:
    """Without standard input it says so; what is not needed may be closed."""
    done = redirected("<&-", "segment", "-", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "policyclf: -: cannot be read: standard input is closed.\n"
        "Error: 1 of 1 documents could not be read.\n"
    )
    expected = redirected("", "segment", report.name, cwd=tmp_path).stdout
    done = redirected("2>&-", "segment", report.name, "nope.txt", cwd=tmp_path)
    assert done == Done(1, expected, "")
    done = redirected(">&- 2>&- <&-", "segment", report.name, "-o", "out", cwd=tmp_path)
    assert done == Done(0, "", "")
    assert (tmp_path / "out").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("format_", ["jsonl", "csv", "table"])
def test_reader_of_the_pipe_leaves(
    large_folder: Path, tiny_folder: Path, tmp_path: Path, format_: str
) -> None:
    """When head has had enough, it stops without a word."""
    arguments = ("label", large_folder, "--model", tiny_folder, "--format", format_)
    process = start(*arguments, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=60)
    finally:
        process.kill()
        process.stderr.close()
        process.wait()
    assert err == b""
    assert process.returncode == 1


def test_posix_locale(spawn: Run, tiny_folder: Path) -> None:
    """Where the locale knows only ASCII, Chinese is still written as UTF-8."""
    posix = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for format_ in ("jsonl", "table"):
        done = spawn(
            "label", "-", "--model", tiny_folder, "--lang", "zh", "--format", format_,
            stdin=TEXT.encode(), **posix,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert "扩大贷款规模。" in done.stdout
        assert "金融" in done.stdout
    done = spawn("labels", "--model", tiny_folder, "--lang", "zh", **posix)
    assert "引才、育才" in done.stdout


def test_half_a_character(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """A text that decodes to half a character is written, escaped, in every format."""
    (tmp_path / "a.txt").write_bytes("扩大贷款\ud800规模。".encode("utf-7", "surrogatepass"))
    for format_ in ("jsonl", "csv", "table"):
        for output in ([], ["-o", "out"]):
            done = run(
                "label", "a.txt", "--encoding", "utf-7", "--model", tiny_folder,
                "--format", format_, *output,
            )  # fmt: skip
            assert done.returncode == 0, (format_, output, done.stderr)


# --- Output, without the command ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("招商引资", 8, "招商引资"),
        ("招商引资", 7, "招商引…"),
        ("招商引资", 6, "招商… "),
        ("abc", 5, "abc  "),
        ("abc", 2, "a…"),
        ("招商\n  引资", 10, "招商引资  "),
        ("new city", 8, "new city"),
    ],
)
def test_fit(text: str, width: int, expected: str) -> None:
    """A text takes exactly the cells it is given; a Han character takes two."""
    assert fit(text, width) == expected
    assert cells(fit(text, width)) == width
    assert fit("7", 3, right=True) == "  7"


@pytest.mark.parametrize(
    ("wanted", "path", "expected"),
    [
        ("table", "out.csv", "table"),
        (None, "out.csv", "csv"),
        (None, "out.CSV", "csv"),
        (None, "out.txt", "jsonl"),
        (None, None, "jsonl"),
    ],
)
def test_choose_format(wanted: str | None, path: str | None, expected: str) -> None:
    """What is asked for comes first, then the file's name, then JSON Lines in a pipe."""
    assert choose_format(wanted, path) == expected


def test_open_output_leaves_nothing_half_written(tmp_path: Path) -> None:
    """If the work fails, there is no file; the old one stays."""
    target = tmp_path / "out.jsonl"
    target.write_text("old", encoding="utf-8")

    def write(error: BaseException) -> None:
        with open_output(str(target)) as stream:
            stream.write("half")
            raise error

    errors: Sequence[tuple[BaseException, type[BaseException]]] = [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (ZeroDivisionError(), ZeroDivisionError),
        (OSError(28, "No space left on device"), OutputError),
    ]
    for error, expected in errors:
        with pytest.raises(expected):
            write(error)
        assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
        assert target.read_text(encoding="utf-8") == "old"


def test_inside_a_program(report: Path, tiny_folder: Path) -> None:
    """Called by click's own runner, the command gives codes instead of ending the program."""
    arguments = ["label", str(report), "--model", str(tiny_folder)]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0
    assert len(records(result.stdout)) == 3
    result = CliRunner().invoke(cli, [*arguments, "missing.txt"])
    assert result.exit_code == 1
    assert len(records(result.stdout)) == 3


# --- audit -------------------------------------------------------------------------------------


AUDITED = """\
doc_id,text,label,coder:甲,coder:乙
d1,引进高层次人才。,talent,talent,talent
d1,发放贷款。,finance,finance,talent
d2,引进高层次人才。,finance,,finance
d2,治理大气污染。,ecology,ecology,ecology
"""


def test_audit_report(run: Run, tmp_path: Path) -> None:
    """Counts, rare labels, contradictions with file and line, agreement; 80 cells wide."""
    (tmp_path / "data.csv").write_text(AUDITED, encoding="utf-8")
    (tmp_path / "codebook.toml").write_text(tiny.CODEBOOK, encoding="utf-8")
    done = run("audit", "data.csv", "--codebook", "codebook.toml")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.split("\n")
    assert lines[0] == "4 segments in 2 documents; 0.0% have further labels"
    assert "in the codebook and not in the data: environment" in lines
    assert "texts that stand more than once: 1" in lines
    assert "contradictions among them: 1" in lines
    assert "    data.csv:4: finance" in lines
    assert any(
        line.startswith("2 coders, 3 segments coded by two or more: alpha") for line in lines
    )
    assert all(cells(line) <= 80 for line in lines)


def test_audit_suspects(run: Run, table: Path, tmp_path: Path) -> None:
    """A wrong label is written out with file and line, and stands in the JSON."""
    text = table.read_text(encoding="utf-8")
    wrong = text.replace("引进博士人才。,talent", "引进博士人才。,ecology")
    assert wrong != text
    table.write_text(wrong, encoding="utf-8")
    done = run("audit", table.name, "--json", "-o", "suspects.csv")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    rows = read_csv(tmp_path / "suspects.csv")
    assert [row["source"] for row in rows] == [entry["source"] for entry in found["suspects"]]
    line = next(n for n, x in enumerate(wrong.split("\n"), start=1) if "引进博士人才" in x)
    assert (f"{table.name}:{line}", "ecology") in [(row["source"], row["label"]) for row in rows]
    assert run("audit", table.name, "--blind", "-o", "anew.csv").returncode == 0
    anew = read_csv(tmp_path / "anew.csv")
    assert sorted(row["source"] for row in anew) == sorted(row["source"] for row in rows)
    assert {row["label"] for row in anew} == {""}
    refused = run("audit", table.name, "--blind")
    assert refused.returncode == 2
    assert "--blind needs a file to write to" in refused.stderr


def test_audit_of_a_folder_with_repeats(run: Run, tmp_path: Path) -> None:
    """What training refuses, auditing reports."""
    (tmp_path / "labels" / "corpus").mkdir(parents=True)
    row = json.dumps({"text": "发放贷款。", "label": "finance"}, ensure_ascii=False) + "\n"
    (tmp_path / "labels" / "corpus" / "a.jsonl").write_text(row * 2, encoding="utf-8")
    assert "stands at" in failed_last(run("train", "labels", "-o", "model"))
    done = run("audit", "labels")
    assert done.returncode == 0
    assert "texts that stand more than once: 1" in done.stdout
    assert "too little data to hold any out" in done.stdout


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def failed_last(done: Done) -> str:
    assert done.returncode == 1
    return done.stderr.rstrip("\n").split("\n")[-1]


# --- drift -------------------------------------------------------------------------------------


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Lay the tiny documents out in folders of places, with years in their names."""
    for number, (name, sentences) in enumerate(tiny.SENTENCES.items()):
        path = tmp_path / "pool" / f"{'东西'[number % 2]}区" / f"{2020 + number // 4}{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(text for _, text in sentences), encoding="utf-8")
    return tmp_path / "pool"


def test_drift_by_place_and_year(run: Run, pool: Path, tiny_folder: Path) -> None:
    """Groups are the folders or the years in the names; the counts add up."""
    for by, names in (("place", ["东区", "西区"]), ("year", ["2020", "2021"])):
        done = run("drift", tiny_folder, pool.name, "--by", by, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        found = json.loads(done.stdout)
        assert [group["group"] for group in found["groups"]] == names
        assert sum(group["n_segments"] for group in found["groups"]) == 60
        assert (found["all"]["n_documents"], found["all"]["n_segments"]) == (8, 60)
        assert all(sum(g["shares"].values()) == pytest.approx(1, abs=1e-3) for g in found["groups"])


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("2023年工作要点.txt", "2023"),
        ("1999/20230512.txt", "2023"),
        ("2021/notice-202305-7.txt", "2023"),
        ("2021/第12023号.txt", "2021"),
        ("plan.txt", "–"),
    ],
)
def test_year_in_a_path(name: str, year: str, run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """The last run of digits that is a year or begins a date."""
    path = tmp_path / "docs" / name
    path.parent.mkdir(parents=True)
    path.write_text("扩大贷款规模。", encoding="utf-8")
    done = run("drift", tiny_folder, "docs", "--by", "year", "--json")
    assert json.loads(done.stdout)["groups"][0]["group"] == year
    assert ("no year of 1 documents" in done.stderr) == (year == "–")


def test_drift_table(run: Run, pool: Path, tiny_folder: Path) -> None:
    """A table within 80 cells, with a mark and a reason where text is foreign."""
    (pool / "酒店").mkdir()
    foreign = "房间隔音很差，早餐种类太少，前台态度冷淡。"
    (pool / "酒店" / "a.txt").write_text(foreign, encoding="utf-8")
    done = run("drift", tiny_folder, pool.name)
    lines = done.stdout.rstrip("\n").split("\n")
    assert lines[0].split()[:3] == ["docs", "sents", "unknown"]
    assert [line.split()[0] for line in lines[1:5]] == ["东区", "西区", "酒店", "all"]
    assert [line.endswith("!") for line in lines[1:5]] == [False, False, True, False]
    (reason,) = (line for line in lines if line.startswith("! "))
    assert re.fullmatch(r"! 酒店: \d+% of its bigrams are unknown to the model", reason)
    assert all(cells(line) <= 80 for line in lines)


def test_drift_by_manifest(run: Run, pool: Path, tmp_path: Path, tiny_folder: Path) -> None:
    """A table says which document is of which group, by path, name or name without end."""
    names = sorted(path.name for path in pool.rglob("*.txt"))
    rows = "".join(
        f"{name.removesuffix('.txt') if k % 2 else name},{'ab'[k % 2]}\n"
        for k, name in enumerate(names[:-1])
    )
    (tmp_path / "groups.csv").write_text("document,genre\n" + rows, encoding="utf-8")
    done = run("drift", tiny_folder, "pool", "--groups", "groups.csv", "--by", "genre", "--json")
    assert [g["n_documents"] for g in json.loads(done.stdout)["groups"]] == [4, 3, 1]
    assert "no genre of 1 documents; they stand under –" in done.stderr


def test_drift_of_data(run: Run, table: Path, tiny_folder: Path) -> None:
    """Sentences in a table are grouped by a column, labelled in their documents."""
    done = run("drift", tiny_folder, table.name, "--by", "label", "--json")
    assert [g["group"] for g in json.loads(done.stdout)["groups"]] == [
        *("ecology", "environment", "finance", "talent"),
    ]
    message = failed(run("drift", tiny_folder, table.name, "--by", "city"))
    assert f"{table.name}:2: needs the column city and one of texts" in message


def test_drift_of_data_takes_zero_and_false_for_values(
    run: Run, tmp_path: Path, tiny_folder: Path
) -> None:
    """A group or a document of that name; null and an empty text are none."""
    groups = (0, 0, 0, False, False, None, "", 1)
    rows = (
        {"text": f"扩大贷款{place}。", "treated": group, "doc_id": 0}
        for place, group in enumerate(groups)
    )
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "zero.jsonl").write_text("".join(lines), encoding="utf-8")
    done = run("drift", tiny_folder, "zero.jsonl", "--by", "treated", "--json")
    found = json.loads(done.stdout)["groups"]
    counts = {group["group"]: (group["n_documents"], group["n_segments"]) for group in found}
    assert counts == {"0": (1, 3), "False": (1, 2), "–": (1, 2), "1": (1, 1)}


def test_drift_called_wrongly(run: Run, pool: Path, tmp_path: Path, tiny_folder: Path) -> None:
    """Documents have no columns; without sentences there is nothing to compare."""
    done = run("drift", tiny_folder, pool.name, "--by", "genre")
    assert done.returncode == 2
    assert "give --groups FILE" in done.stderr
    (tmp_path / "empty.txt").touch()
    done = run("drift", tiny_folder, "empty.txt")
    assert done.returncode == 1
    assert "no sentences to compare" in done.stderr
    (tmp_path / "groups.csv").write_text("file,genre\na,b\n", encoding="utf-8")
    message = failed(run("drift", tiny_folder, "pool", "--groups", "groups.csv", "--by", "genre"))
    assert "groups.csv:2: needs the columns document and genre (or group)" in message


# --- suggest -----------------------------------------------------------------------------------


def test_suggest_and_use(run: Run, pool: Path, tmp_path: Path, tiny_folder: Path) -> None:
    """What was suggested and coded is trained on and measured on, each for its purpose."""
    done = run("suggest", tiny_folder, pool.name, "-n", 40, "-o", "tasks.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "40 of 60 sentences: 28 to train, 12 to evaluate\n"
    tasks = records((tmp_path / "tasks.jsonl").read_text(encoding="utf-8"))
    right = {text: label for sentences in tiny.SENTENCES.values() for label, text in sentences}
    for task in tasks:
        source = (tmp_path / task["document"]).read_text(encoding="utf-8")
        assert source[task["start"] : task["end"]] == task["text"]
        assert "suggestion" not in task
        assert (task["inclusion_probability"] is None) == (task["purpose"] == "train")
        assert task["inclusion_probability"] in {None, 0.2}
    message = failed_last(run("train", "tasks.jsonl", "-o", "model"))
    assert "tasks.jsonl:1: a label must be a text. Got ''. Label the row" in message
    coded = [{**task, "label": right[task["text"]]} for task in tasks]
    lines = "".join(json.dumps(task, ensure_ascii=False) + "\n" for task in coded)
    (tmp_path / "tasks.jsonl").write_text(lines, encoding="utf-8")
    done = run("train", "tasks.jsonl", "-o", "model", "--gold", "tasks.jsonl")
    assert done.returncode == 0
    assert "training on 28 segments" in done.stderr
    found = json.loads(run("evaluate", "model", "tasks.jsonl", "--json").stdout)
    assert found["model"]["n_segments"] == 12


def test_suggest_is_the_same_every_time(run: Run, pool: Path, tiny_folder: Path) -> None:
    """By --seed; and --show-suggestions adds what the model makes of it."""
    arguments = ("suggest", tiny_folder, pool.name, "-n", 10)
    first, again = (run(*arguments).stdout for _ in range(2))
    assert first == again != run(*arguments, "--seed", 1).stdout
    shown = records(run(*arguments, "--show-suggestions").stdout)
    hidden = records(first)
    assert [{k: v for k, v in task.items() if k not in {"suggestion", "confidence"}}
            for task in shown] == hidden  # fmt: skip
    for task in shown:
        labels = {"talent", "finance", "environment", "ecology"}
        assert (task["suggestion"] in labels) == (task["purpose"] == "train")
        assert (task["confidence"] is None) == (task["purpose"] == "evaluate")


def test_suggest_formats(run: Run, pool: Path, tmp_path: Path, tiny_folder: Path) -> None:
    """CSV by the file's name; Label Studio's list and doccano's lines as they import them."""
    arguments = ("suggest", tiny_folder, pool.name, "-n", 10)
    tasks = records(run(*arguments).stdout)
    run(*arguments, "-o", "tasks.csv")
    rows = read_csv(tmp_path / "tasks.csv")
    assert [row["text"] for row in rows] == [task["text"] for task in tasks]
    assert {row["label"] for row in rows} == {""}

    studio = json.loads(run(*arguments, "--format", "label-studio").stdout)
    assert [entry["data"]["text"] for entry in studio] == [task["text"] for task in tasks]
    assert all("predictions" not in entry for entry in studio)
    shown = json.loads(run(*arguments, "--format", "label-studio", "--show-suggestions").stdout)
    assert sum("predictions" in entry for entry in shown) == 7
    (prediction,) = next(entry for entry in shown if "predictions" in entry)["predictions"]
    assert 0 < prediction["score"] <= 1
    (result,) = prediction["result"]
    assert {k: result[k] for k in ("from_name", "to_name", "type")} == {
        "from_name": "label",
        "to_name": "text",
        "type": "choices",
    }
    assert len(result["value"]["choices"]) == 1

    lines = records(run(*arguments, "--format", "doccano").stdout)
    assert [line["label"] for line in lines] == [[]] * 10
    lines = records(run(*arguments, "--format", "doccano", "--show-suggestions").stdout)
    assert sum(len(line["label"]) for line in lines) == 7


def test_suggest_more_than_there_are(run: Run, pool: Path, tiny_folder: Path) -> None:
    """All are taken, and that is said; of no sentences nothing can be."""
    done = run("suggest", tiny_folder, pool.name, "-n", 100)
    assert len(records(done.stdout)) == 60
    assert "warning: the pool has no 100 that differ" in done.stderr


def test_suggest_from_nothing(run: Run, tmp_path: Path, tiny_folder: Path) -> None:
    """A pool without sentences is an error, and nothing is written."""
    (tmp_path / "empty.txt").touch()
    done = run("suggest", tiny_folder, "empty.txt", "-o", "tasks.jsonl")
    assert done.returncode == 1
    assert "the pool has no sentences to choose from" in done.stderr
    assert not (tmp_path / "tasks.jsonl").exists()


def test_suggest_with_an_unreadable_document(
    run: Run, pool: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    """The others are chosen from, and the exit code is 1."""
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4 ...")
    done = run("suggest", tiny_folder, pool.name, "scan.pdf", "-n", 5)
    assert done.returncode == 1
    assert len(records(done.stdout)) == 5
    assert done.stderr.rstrip("\n").endswith("1 of 9 documents could not be read.")


def test_info_methods(run: Run, tiny_folder: Path, tiny_labeler: Labeler) -> None:
    """The methods paragraph is one line in either language, with the model's hash."""
    for language, begin in (("en", "We cut {N} documents"), ("zh", "本文将 {N} 篇文档")):
        done = run("info", tiny_folder, "--methods", "--lang", language)
        assert done.stdout.startswith(begin)
        assert done.stdout.count("\n") == 1
        assert tiny_labeler.bundle.sha256 in done.stdout
        assert f"policyclf {__version__}" in done.stdout


# --- prevalence --------------------------------------------------------------------------------


@pytest.fixture
def sample(run: Run, pool: Path, tmp_path: Path, tiny_folder: Path) -> Path:
    """Draw half of the pool at random, and code it as the sentences were written."""
    labels = {text: label for rows in tiny.SENTENCES.values() for label, text in rows}
    arguments = ("-n", 30, "--evaluate-share", 1, "-o", "tasks.csv")
    assert run("suggest", tiny_folder, pool.name, *arguments).returncode == 0
    rows = read_csv(tmp_path / "tasks.csv")
    with (tmp_path / "coded.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, rows[0].keys())
        table.writeheader()
        table.writerows(row | {"label": labels[row["text"]]} for row in rows)
    return tmp_path / "coded.csv"


def test_prevalence(run: Run, pool: Path, sample: Path, tiny_folder: Path) -> None:
    """Every label's share in the pool, counted, coded and corrected, adds up to one."""
    done = run("prevalence", tiny_folder, pool.name, "--coded", sample.name)
    assert done.returncode == 0
    assert "30 coded of 60 sentences of 8 documents; the model is right on " in done.stderr
    found = records(done.stdout)
    assert [share["label"] for share in found] == ["ecology", "environment", "finance", "talent"]
    for share in found:
        assert share["group"] == "all"
        assert 0 <= share["low"] <= share["estimate"] <= share["high"] <= 1
    for key in ("counted", "coded", "estimate"):
        assert sum(share[key] for share in found) == pytest.approx(1, abs=1e-3)


def test_prevalence_by_group(
    run: Run, pool: Path, sample: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    """Groups have rows of their own, before those of all; few coded sentences are warned of."""
    arguments = ("prevalence", tiny_folder, pool.name, "--coded", sample.name, "--by", "place")
    done = run(*arguments, "-o", "shares.csv")
    assert (done.returncode, done.stdout) == (0, "")
    assert "warning: intervals of under 30 coded sentences are rough: 东区 (" in done.stderr
    rows = read_csv(tmp_path / "shares.csv")
    assert [row["group"] for row in rows] == ["东区"] * 4 + ["西区"] * 4 + ["all"] * 4
    parts = [{row["group"]: int(row[key]) for row in rows} for key in ("n_segments", "n_coded")]
    assert [part["东区"] + part["西区"] - part["all"] for part in parts] == [0, 0]
    table = run(*arguments, "--format", "table").stdout.split("\n")
    assert table[0].startswith("东区: ")
    assert table[1].split() == ["counted", "coded", "estimate", "95", "%"]
    assert all(cells(line) <= 80 for line in table)


def test_prevalence_of_a_group_that_nobody_coded(
    run: Run, sample: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    """Is left out and named, not made up."""
    (tmp_path / "pool" / "北区").mkdir()
    (tmp_path / "pool" / "北区" / "2021.txt").write_text("扩大贷款规模。", encoding="utf-8")
    done = run("prevalence", tiny_folder, "pool", "--coded", sample.name, "--by", "place")
    assert "warning: 北区: no sentence is coded; left out." in done.stderr
    assert {share["group"] for share in records(done.stdout)} == {"东区", "西区", "all"}


def test_prevalence_called_wrongly(
    run: Run, sample: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    """A sample of other documents, groups without a name, labels that the model has not."""
    wrong = run("prevalence", tiny_folder, "pool", "--coded", sample.name, "--groups", sample.name)
    assert (wrong.returncode, "--groups needs --by" in wrong.stderr) == (2, True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").write_text("扩大贷款规模。", encoding="utf-8")
    done = run("prevalence", tiny_folder, "other", "--coded", sample.name, "-o", "shares.csv")
    assert "coded.csv:2: no document is called " in failed(done)
    assert not (tmp_path / "shares.csv").exists()
    text = sample.read_text(encoding="utf-8")
    sample.write_text(text.replace(",finance,", ",weather,"), encoding="utf-8")
    done = run("prevalence", tiny_folder, "pool", "--coded", sample.name)
    assert "warning: the model has no label weather." in done.stderr
    assert records(done.stdout)[-1]["label"] == "weather"
    assert records(done.stdout)[-1]["counted"] == 0


# --- label --jobs ------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write documents of several sizes and encodings, one that is none, one that is empty."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.txt").write_text(TEXT * (number % 5 + 1), encoding="gb18030")
    (folder / "05b.txt").write_bytes(b"%PDF-1.4")
    (folder / "07b.txt").write_bytes(b"")
    return folder


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_jobs_change_nothing(run: Run, folder: Path, tiny_folder: Path, format_: str) -> None:
    """Several processes write the same bytes, say the same of what is odd, and end the same."""
    arguments = ("label", folder.name, "--model", tiny_folder, "--format", format_)
    alone = run(*arguments)
    assert alone.returncode == 1
    assert "05b.txt: is a PDF" in alone.stderr
    assert "07b.txt: has no text" in alone.stderr
    shared = run(*arguments, "--jobs", "2")
    assert shared == alone
    assert alone.stdout.count("\n") > 60


def test_jobs_write_files_alike(run: Run, folder: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """So it is with -o, where CSV opens with a mark and has one header."""
    for jobs in ("1", "2"):
        run("label", folder.name, "--model", tiny_folder, "--jobs", jobs, "-o", f"{jobs}.csv")
    alone = (tmp_path / "1.csv").read_bytes()
    assert (tmp_path / "2.csv").read_bytes() == alone
    assert alone.count(b"\xef\xbb\xbf") == 1
    assert alone.count(b"document,start") == 1


def test_groups_of_files_keep_their_order(
    folder: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more groups than may wait, chunks still come in the order of the files."""
    monkeypatch.setattr(documents_module, "_MOST_A_GROUP", 1)
    records = LabelRecords(
        model=str(tiny_folder),
        unit="sentence",
        threshold=None,
        coverage=None,
        lang="id",
        probabilities=False,
    )
    work = documents_module.Encoding(records, "jsonl")
    files = sorted(str(path) for path in folder.glob("0?.txt"))
    chunks = list(documents_module.Reading(files, None).shared(work, 2))
    assert [json.loads(chunk.split("\n")[0])["document"] for chunk in chunks] == files


def die(_: Sequence[Document]) -> str:
    """End as a process does that the system kills."""
    os._exit(9)


def fail(documents: Sequence[Document]) -> str:
    """End as one does that cannot go on."""
    raise ModelError(f"{documents[0].name}: nothing goes.")


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [(die, click.ClickException, "was killed"), (fail, ModelError, "nothing goes")],
)
def test_processes_that_do_not_come_back(
    work: Callable[[Sequence[Document]], str], error: type[Exception], message: str, folder: Path
) -> None:
    """Whoever asked is told in a sentence."""
    files = [str(folder / "00.txt"), str(folder / "01.txt")]
    with pytest.raises(error, match=message):
        list(documents_module.Reading(files, None).shared(work, 2))


# --- label --html ------------------------------------------------------------------------------


def test_label_writes_a_page(run: Run, report: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """With --html alone the page is all there is; it appears when it is complete."""
    done = run("label", report.name, "--model", tiny_folder, "--html", "page.html", "--lang", "zh")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="zh">')
    assert "引进高层次人才；治理大气污染。</span>" in page
    assert {path.name for path in tmp_path.iterdir()} == {report.name, "page.html"}


def test_label_writes_page_and_records(
    run: Run, report: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    """With -o or --format there are both, the records as without a page."""
    arguments = ("label", report.name, "--model", tiny_folder)
    expected = run(*arguments).stdout
    assert run(*arguments, "--html", "a.html", "--format", "jsonl").stdout == expected
    assert run(*arguments, "--html", "b.html", "-o", "b.jsonl").stdout == ""
    assert (tmp_path / "b.jsonl").read_text(encoding="utf-8") == expected
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_page_of_several_documents(
    run: Run, report: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    """One page holds all documents that could be read; the exit code tells of the others."""
    (tmp_path / "二.txt").write_text("推行不见面审批。", encoding="utf-8")
    paths = (report.name, "missing.txt", "二.txt")
    done = run("label", *paths, "--model", tiny_folder, "--html", "page.html")
    assert done.returncode == 1
    assert "missing.txt: cannot be read" in done.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.findall('<h2 class="file quiet">(.*)</h2>', page) == [report.name, "二.txt"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--html", "报告.txt"), "报告.txt is what is read"),
        (("--html", "x", "-o", "x"), "x is to be both records and page"),
    ],
)
def test_page_overwrites_nothing(
    run: Run, report: Path, tiny_folder: Path, arguments: Sequence[str], problem: str
) -> None:
    """Neither a document nor the records."""
    done = run("label", report.name, "--model", tiny_folder, *arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert report.read_text(encoding="utf-8") == TEXT


def test_page_that_cannot_be_written(
    run: Run, report: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    """Its folder is missing, or no document can be read: an error and no file."""
    (tmp_path / "old.html").write_text("old", encoding="utf-8")
    done = run("label", report.name, "--model", tiny_folder, "--html", "no/page.html")
    assert "no/page.html: cannot be written" in failed(done)
    assert run("label", "no.txt", "--model", tiny_folder, "--html", "old.html").returncode == 1
    assert (tmp_path / "old.html").read_text(encoding="utf-8") == "old"


# --- explain -----------------------------------------------------------------------------------


def test_explain_writes_json_lines(run: Run, report: Path, tiny_folder: Path) -> None:
    """In a pipe each sentence is a line, whose parts add up to its scores."""
    done = run("explain", report.name, "--model", tiny_folder)
    assert (done.returncode, done.stderr) == (0, "")
    labeler = load(tiny_folder)
    found = records(done.stdout)
    for record, sentence in zip(found, labeler.label(TEXT), strict=True):
        assert (record["document"], record["label"]) == (report.name, sentence.label)
        assert record["probability"][sentence.label] == round(sentence.confidence, 6)
        assert list(record["score"]) == [record["label"], record["runner_up"]]
        for span in record["spans"]:
            assert TEXT[span["start"] : span["end"]] == span["text"]
        for label, score in record["score"].items():
            parts = [record["intercept"][label]]
            parts += [span["adds"][label] for span in record["spans"]]
            parts += [values[label] for values in record["context"].values()]
            assert sum(parts) == pytest.approx(score, abs=1e-6 * (len(parts) + 1))


def test_explain_takes_text_file_or_pipe(run: Run, report: Path, tiny_folder: Path) -> None:
    """A text in quotes, a file that is there, a dash."""
    model = ("--model", tiny_folder)
    for text in ("扩大贷款规模。", "a\tb.c 人才/贷款", "很长，" * 500):
        (first, *_) = records(run("explain", text, *model).stdout)
        assert first["document"] == "<text>"
    assert records(run("explain", report.name, *model).stdout)[0]["document"] == report.name
    piped = run("explain", "-", *model, stdin=TEXT.encode("gb18030"))
    assert [record["document"] for record in records(piped.stdout)] == ["-"] * 3
    assert "missing.txt: cannot be read" in failed(run("explain", "missing.txt", *model))
    assert "cannot be read" in failed(run("explain", ".", *model))
    empty = run("explain", "", *model)
    assert (empty.returncode, empty.stdout) == (0, "")
    assert empty.stderr == "policyclf: warning: <text>: has no text.\n"


@pytest.mark.parametrize(("columns", "lang"), [(80, "id"), (80, "zh"), (40, "en")])
def test_explanations_fit_the_terminal(run: Run, columns: int, lang: str) -> None:
    """No line is wider, and the numbers shown add up to the one behind the equals sign."""
    for example in sorted((Path(__file__).parents[1] / "examples").glob("*.txt")):
        done = run("explain", example, "--format", "terminal", "--lang", lang, COLUMNS=str(columns))
        assert done.returncode == 0
        assert max(map(cells, done.stdout.split("\n"))) <= columns
        for paragraph in done.stdout.split("\n\n"):
            sum_ = paragraph.split("\n  ", 1)[1].replace("\n", " ")
            parts, total = sum_.rsplit(" = ", 1)
            added = sum(map(float, re.findall(r"(?<= )[+-]\d+\.\d\d(?= |$)", parts)))
            assert added == pytest.approx(float(total), abs=0.005 * 14)


def test_explanations_show_the_most_words(run: Run, tiny_folder: Path) -> None:
    """--top says how many, and the rest is summed up."""
    text = "建立校企人才培养基地，扩大贷款规模，取消审批证明。"
    arguments = ("explain", text, "--model", tiny_folder, "--format", "terminal")
    counts = [
        len(re.findall(r" [+-]\d\.\d\d", run(*arguments, "--top", str(n)).stdout)) for n in (1, 3)
    ]
    assert counts == [3, 5]  # the rest and the total are numbers, too
    assert " the rest " in run(*arguments, "--top", "1").stdout
    assert run(*arguments, "--top", "0").returncode == 2


def test_explanations_have_colours_on_a_terminal_only(
    tiny_folder: Path,
) -> None:
    """On a terminal the words are tinted; the sign of each number is there without."""
    arguments = ["explain", "扩大贷款规模。", "--model", str(tiny_folder), "--format", "terminal"]
    plain = CliRunner().invoke(cli, arguments).stdout
    tinted = CliRunner().invoke(cli, arguments, color=True).stdout
    assert "\x1b[" not in plain
    assert "\x1b[32m" in tinted
    assert click.unstyle(tinted) == plain
    assert "贷款 +" in plain
    hostile = CliRunner().invoke(cli, [*arguments[:1], "人\x1b[2J才\x07。", *arguments[2:]])
    assert not {"\x1b", "\x07"} & set(hostile.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ("info", "model"),
        ("info", "model", "--card"),
        ("info", "model", "--methods"),
        ("labels", "--model", "model", "--rules"),
        ("label", "report\x1b[2J.txt", "--model", "model", "--format", "table"),
        ("label", "report\x1b[2J.txt", "none\x1b[2J.txt", "--model", "model", "-o", "out.csv"),
    ],
)
def test_nothing_from_a_file_steers_the_terminal(
    arguments: tuple[str, ...],
    tiny_labeler: Labeler,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a model of somebody else's nor the name of a file."""
    monkeypatch.chdir(tmp_path)
    Path("report\x1b[2J.txt").write_text(TEXT, encoding="utf-8")
    bundle = tiny_labeler.bundle
    provenance = {**bundle.provenance, "versions": {"numpy": "\x1b[2J"}, "about": "Of \x1b[2J."}
    source = tiny.CODEBOOK.replace("金融", "金\\u001b[2J融").replace("Finance", "\\u001b[2JF")
    hostile = replace(
        bundle,
        provenance=provenance,
        card="\x1b[2J",
        codebook=Codebook.from_toml(source.replace("贷款", "\\u001b[2J")),
    )
    Labeler(hostile).save("model")
    done = CliRunner().invoke(cli, list(arguments), color=True)
    assert "[2J" in done.output
    assert "\x1b[2J" not in done.output


def test_train_beside_a_document_that_cannot_be_read(
    run: Run, table: Path, folder: Path, tmp_path: Path
) -> None:
    """The others are learned from, the model is written, and the exit code says so."""
    done = run("train", table, "-o", tmp_path / "model", "--unlabelled", folder)
    assert done.returncode == 1
    assert "05b.txt: is a PDF" in done.stderr
    assert "1 of 14 documents could not be read" in done.stderr
    assert "unlabelled: sure of" in done.stderr
    assert load(tmp_path / "model").labels


def test_page_of_a_long_document(
    run: Run, report: Path, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is worked on in parts, so that records are the same with a page and without."""
    monkeypatch.setattr("policyclf.documents._LONGEST_PART", 30)
    arguments = ("label", report.name, "--model", tiny_folder, "--format", "jsonl")
    alone = run(*arguments)
    assert run(*arguments, "--html", "page.html").stdout == alone.stdout
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page)[0])
    assert data["names"] == [report.name]
    spans = [(row["start"], row["end"]) for row in records(alone.stdout)]
    assert [tuple(row[:2]) for row in data["rows"][0]] == spans
