"""The pages keep what they promise: examples run, commands parse, links and figures hold."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner

from figures import (
    KEYS,
    METRICS,
    PEERS,
    READMES,
    ROOT,
    Language,
    Which,
    figures_table,
    find_tables,
    peers_tables,
    shown_peers,
    shown_speed,
    speed_table,
    with_figures,
)
from policyclf.cli import cli
from policyclf.codebook import Codebook
from policyclf.corpus import Corpus
from policyclf.lexicon import Lexicon
from subcommands import COMMANDS

DOCS = ROOT / "docs"
TOPICS = (
    *("how-it-works", "command", "api", "data-formats", "explaining", "calibration"),
    *("auditing", "research", "evaluation"),
)
ENGLISH = (READMES["en"], *(DOCS / f"{topic}.md" for topic in TOPICS))
PAGES = (*ENGLISH, *(path.with_suffix(".zh-CN.md") for path in ENGLISH), DOCS / "README.md")

MEASUREMENTS = {
    "documents": ("22 of 24", "24"),
    "segmentation": ("156 of 156", "62 of 156", "99 %", "97 % if not"),
    "normalization": ("8k sentences/s", "190k/s"),
    "tokenization": ("56k sentences/s", "3.7k"),
    "features.trie": ("a tenth of the speed",),
    "features.ngrams": ("8k sentences a second", "1.6 s"),
    "classifier": ("no better", "twice the features", "took half of the speed"),
    "solver": ("50,000 segments", "half a point of accuracy"),
    "chain": ("60 %", "2 to 3 points", "of which the labels around are 1"),
    "bundle": ("twice the size", "0.6 s", "0.2 s", "167 MB", "7 s"),
}
"""What the page how-it-works quotes from the docstrings in modules."""


# --- Reading pages -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page."""

    language: str
    code: str
    line: int

    @property
    def bare(self) -> list[str]:
        """The lines without comments, where the language has comments."""
        lines = self.code.split("\n")
        if self.language not in {"python", "console", "bash", "toml"}:
            return lines
        return [bare for line in lines if (bare := re.sub(r"(^|\s+)#.*", "", line))]


def fences(text: str) -> list[Fence]:
    """List the fenced blocks of a page."""
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Fence(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in found]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
each_english_page = pytest.mark.parametrize("page", ENGLISH, ids=name_of)


# --- Running examples --------------------------------------------------------------------------


class WrongCommentError(AssertionError):
    """A comment claims what the code does not give."""


def run_block(code: str, namespace: dict[str, Any], where: str = "block", line: int = 1) -> None:
    """Run a block of Python and hold its comments against what it gives.

    The lines of comment right below a statement state what it printed or, if it is an
    expression, its value. So does a comment behind an expression, if it opens like a value;
    other comments are prose. ``…`` stands for anything. An expression without output or
    value has nothing a comment below it could state.
    """
    lines = code.split("\n")
    for statement in ast.parse(code).body:
        last = statement.end_lineno or statement.lineno
        source = "\n" * (line - 1) + "\n" * (statement.lineno - 1)
        source += "\n".join(lines[statement.lineno - 1 : last])
        printed = io.StringIO()
        value = None
        is_expression = isinstance(statement, ast.Expr)
        with contextlib.redirect_stdout(printed):
            if is_expression:
                value = eval(compile(source.lstrip(" "), where, "eval"), namespace)  # noqa: S307
            else:
                exec(compile(source, where, "exec"), namespace)  # noqa: S102
        claim = _claim(lines, statement, last)
        if claim is None or not (is_expression or printed.getvalue()):
            continue
        output = printed.getvalue().rstrip("\n")
        given = output or ("" if value is None else repr(_plain(value)))
        if not _agrees(claim, given, printed=bool(output)):
            raise WrongCommentError(
                f"{where}:{line + last - 1}: the comment says {claim!r}. The code gives {given!r}."
            )


def _claim(lines: Sequence[str], statement: ast.stmt, last: int) -> str | None:
    """Find what the comments state about a statement."""
    below = []
    for line in lines[last:]:
        if not line.startswith("# "):
            break
        below.append(line[2:])
    if below:
        return "\n".join(below)
    behind = lines[last - 1].encode()[statement.end_col_offset :].decode().strip()
    stated = re.match(r"#\s*((?:[\[({'\"…]|-?\d|(?:True|False|None)\b).*)", behind)
    return stated[1] if stated and isinstance(statement, ast.Expr) else None


def _plain(value: Any) -> Any:
    """Turn numpy's numbers and arrays into Python's."""
    return value.tolist() if hasattr(value, "tolist") else value


def _agrees(claim: str, given: str, *, printed: bool) -> bool:
    if not printed:
        claim = " ".join(claim.split())
        with contextlib.suppress(ValueError, SyntaxError):
            claim = repr(ast.literal_eval(claim))
    pattern = ".*?".join(re.escape(part) for part in claim.split("…"))
    return re.fullmatch(pattern, given, re.DOTALL) is not None


@each_page
def test_examples_give_what_their_comments_say(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of one page share a namespace, in order."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "__docs__"}
    for fence in fences(read(page)):
        if fence.language == "python":
            run_block(fence.code, namespace, name_of(page), fence.line)


@pytest.mark.parametrize(
    "code",
    [
        "1 + 1\n# 2",
        "1 + 1  # 2",
        "1 + 1  # the sum",
        "x = 1  # 2",
        "x = 1\n# then comes\ny = 2",
        "[1, 'a']\n# [1, …]",
        "[1,\n 2]\n# [1,\n#  2]",
        "for i in range(2):\n    print(i)\n# 0\n# 1",
        "print('甲')  # '甲'\n# 甲",
    ],
)
def test_checker_accepts_right_comments(code: str) -> None:
    """Values, printed lines, … for anything, and prose."""
    run_block(code, {})


@pytest.mark.parametrize(
    "code",
    [
        "1 + 1\n# 3",
        "1 + 1  # 3",
        "1 == 1\n# 1",
        "'甲甲'  # 'a'",
        "[1, 'a']\n# [2, …]",
        "for i in range(2):\n    print(i)\n# 0",
        "print('a')\n# a\n# b",
        "None\n# something",
    ],
)
def test_checker_refuses_wrong_comments(code: str) -> None:
    """A comment that states something else fails, also one that states too little."""
    with pytest.raises(WrongCommentError):
        run_block(code, {})


# --- Commands ----------------------------------------------------------------------------------


def invocations(fence: Fence) -> Iterator[list[str]]:
    """List the arguments of each call of policyclf in a block of shell."""
    joined = re.sub(r"\\\n(?:> ?)?", " ", fence.code)
    for line in joined.split("\n"):
        if fence.language == "console" and not line.startswith("$ "):
            continue
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        command: list[str] = []
        for token in [*lexer, ";"]:
            if set(token) <= set("|&;<>"):
                if command and Path(command[0]).name == "policyclf":
                    yield command[1:]
                command = [] if set(token) <= set("|&;") else ["> file"]
            else:
                command.append(token)


def parse_command(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse the arguments of a call as click would; the files need not be there."""
    with cli.make_context("policyclf", list(arguments)) as context:
        name, command, rest = cli.resolve_command(context, list(arguments))
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter.type, click.Path):
                monkeypatch.setattr(parameter.type, "exists", False)
        command.make_context(name, rest, parent=context)


@each_page
def test_commands_parse(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of policyclf in a block has options, values and arguments that there are."""
    for fence in fences(read(page)):
        if fence.language in {"console", "bash"}:
            for arguments in invocations(fence):
                with contextlib.suppress(click.exceptions.Exit):  # --help and --version
                    parse_command(arguments, monkeypatch)


@pytest.mark.parametrize(
    "line",
    [
        "policyclf label --languages zh a.txt",
        "policyclf label",
        "cat a.txt | policyclf label - --unit word",
        "policyclf evaluate model gold.csv more.csv",
        "policyclf explain a.txt b.txt > c.txt",
    ],
)
def test_wrong_commands_are_refused(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, values and numbers of arguments that there are not."""
    (arguments,) = invocations(Fence("bash", line, 1))
    with pytest.raises(click.UsageError):
        parse_command(arguments, monkeypatch)


@each_page
def test_commands_in_text_have_known_options(page: Path) -> None:
    """``policyclf info --card`` in a sentence: command and options are there."""
    for words in re.findall(r"`policyclf ([a-z][^`]*)`", read(page)):
        name, *rest = words.split()
        assert name in COMMANDS, words
        known = {option for p in COMMANDS[name].params for option in options_of(p)}
        assert {word for word in rest if word.startswith("-") and word != "-"} <= known, words


def options_of(parameter: click.Parameter) -> list[str]:
    """List the ways to write an option."""
    if not isinstance(parameter, click.Option):
        return []
    return [*parameter.opts, *parameter.secondary_opts]


def sections(page: Path) -> dict[str, str]:
    """Split the page of the command: subcommand to its section."""
    parts = re.split(r"^## `policyclf (\w+)`$", read(page), flags=re.MULTILINE)
    return {
        name: body.split("\n## ")[0] for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.mark.parametrize("name", ["command.md", "command.zh-CN.md"])
def test_every_command_and_option_is_documented(name: str) -> None:
    """Each subcommand has a section, with all of its options and choices and no others."""
    documented = sections(DOCS / name)
    assert list(documented) == list(COMMANDS)
    for command, text in documented.items():
        written = set(re.findall(r"(?<=`)--?[A-Za-z][\w-]*", text))
        there = {o for p in COMMANDS[command].params for o in options_of(p)}
        assert written == there, command
        for parameter in COMMANDS[command].params:
            if isinstance(parameter.type, click.Choice):
                for choice in parameter.type.choices:
                    assert f"`{choice}`" in text, f"{command} {parameter.name}: {choice}"


@pytest.mark.parametrize("name", ["command.md", "command.zh-CN.md"])
def test_every_output_column_is_documented(name: str) -> None:
    """The fields of a record stand in the table of the command that writes it."""
    documented = sections(DOCS / name)
    example = str(ROOT / "examples" / "zone-news-clean.txt")
    for command in (["label", "--probabilities"], ["segment"], ["explain"]):
        result = CliRunner().invoke(cli, [*command, example])
        record = json.loads(result.stdout.split("\n")[0])
        rows = re.findall(r"^\| `(\w+)` \|", documented[command[0]], re.MULTILINE)
        assert rows == list(record)


# --- Formats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["data-formats.md", "data-formats.zh-CN.md"])
def test_files_shown_can_be_read(name: str, tmp_path: Path) -> None:
    """The codebook, lexicon and tables shown on the page are what the library reads."""
    shown = fences(read(DOCS / name))
    kinds = [fence.language for fence in shown]
    assert {"toml", "tsv", "csv", "jsonl"} <= set(kinds)
    for fence in shown:
        path = tmp_path / f"shown.{fence.language}"
        path.write_text(fence.code, encoding="utf-8")
        if fence.language == "toml":
            Codebook.from_path(path)
        elif fence.language == "tsv":
            Lexicon.from_path(path)
        elif fence.language in {"csv", "jsonl"}:
            Corpus.from_path(path)


# --- Links and twins ---------------------------------------------------------------------------


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository."""
    outside = re.sub(r"^```.*?^```$", "", read(page), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", outside):
        if not target.startswith(("https://", "http://", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target


@each_english_page
def test_twins_name_each_other(page: Path) -> None:
    """Each page links to the other language's on its first lines."""
    twin = page.with_suffix(".zh-CN.md")
    assert f"]({twin.name})" in read(page)[:200]
    assert f"]({page.name})" in read(twin)[:200]


@each_english_page
def test_twins_have_the_same_parts(page: Path) -> None:
    """Headings of the same levels, tables of the same size, the same code but for comments."""
    en, zh = read(page), read(page.with_suffix(".zh-CN.md"))
    assert [f.language for f in fences(en)] == [f.language for f in fences(zh)]
    assert [f.bare for f in fences(en)] == [f.bare for f in fences(zh)]
    for shape in (r"^#+(?= )", r"^\|(?=.*\|$)", r"^- "):
        counts = [len(re.findall(shape, text, re.MULTILINE)) for text in (en, zh)]
        assert counts[0] == counts[1], shape


def test_index_names_every_page() -> None:
    """Both languages of each."""
    index = read(DOCS / "README.md")
    for topic in TOPICS:
        assert f"]({topic}.md)" in index
        assert f"]({topic}.zh-CN.md)" in index
    assert {path.name for path in DOCS.glob("*.md")} == {
        "README.md",
        *(f"{topic}{end}" for topic in TOPICS for end in (".md", ".zh-CN.md")),
    }


# --- Figures -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def metrics() -> Mapping[str, Any]:
    """Read the figures of the shipped model."""
    found: Mapping[str, Any] = json.loads(METRICS.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", READMES)
@pytest.mark.parametrize("which", get_args(Which))
def test_readme_figures_are_the_models(which: Which, language: Any, metrics: Any) -> None:
    """``python tests/figures.py`` writes them."""
    if KEYS[which] not in metrics:
        pytest.skip(f"metrics.json has no {KEYS[which]!r}: the model was trained without gold")
    shown = find_tables(read(READMES[language]))
    assert shown[which] == figures_table(metrics, which, language)


@pytest.mark.parametrize("language", READMES)
def test_readme_says_on_how_much_was_measured(language: Any, metrics: Any) -> None:
    """Segments and documents of gold, as the metrics count them."""
    if "gold" not in metrics:
        pytest.skip("metrics.json has no 'gold': the model was trained without gold")
    model = metrics["gold"]["model"]
    n, documents = f"{model['n_segments']:,}", f"{model['n_documents']:,}"
    said = {
        "en": f"{n} segments of {documents} documents",
        "zh": f"{documents} 篇文档的 {n} 个语段",
    }
    assert said[language] in " ".join(read(READMES[language]).split())


@pytest.mark.parametrize("language", READMES)
def test_readme_labels_are_the_codebooks(language: Any, labels_folder: Path) -> None:
    """Every label with its Chinese name, in order, and the number of rules."""
    book = Codebook.from_path(labels_folder / "codebook.toml")
    text = read(READMES[language])
    rows = re.findall(r"^\|.*\| `(\w+)` \| (\S+) \|$", text, re.MULTILINE)
    assert rows == [(label.id, label.name.zh) for label in book.labels]
    assert {"en": f"the {len(book.rules)} rules", "zh": f"{len(book.rules)} 条规则"}[
        language
    ] in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_readme_shows_the_peers(language: Any) -> None:
    """Both READMEs have the benchmark's tables as it wrote them."""
    assert shown_peers(READMES[language].read_text(encoding="utf-8")) == peers_tables()


@pytest.mark.parametrize("language", list(READMES))
def test_readme_says_what_to_expect_as_the_benchmarks_do(language: Language) -> None:
    """On documents labelled whole, segment by segment, and on stretches drawn at random."""
    text = " ".join(read(READMES[language]).split())
    whole = json.loads((PEERS.parent / "whole-documents.json").read_text(encoding="utf-8"))
    for name in ("whole, reach 15", "each segment alone"):
        assert f"{whole['results'][name]['accuracy']:.2f}" in text
    windows = json.loads((PEERS.parent / "random-windows.json").read_text(encoding="utf-8"))
    unread = windows["results"]["second sample, its errors not read"]
    value, low, high = unread["accuracy"]
    assert f"{value:.2f} [{low:.2f}, {high:.2f}]" in text
    assert f"{unread['any'][0]:.2f}" in text
    assert f"{unread['segments']}" in text


@pytest.mark.parametrize("language", list(READMES))
def test_readme_shows_the_speeds_of_the_benchmark(language: Language) -> None:
    """The table of speeds is the benchmark's (``python tests/figures.py``)."""
    assert shown_speed(READMES[language].read_text(encoding="utf-8")) == speed_table(language)


def test_figures_are_rewritten_in_place() -> None:
    """Only what stands between the marks changes, and a second time nothing."""
    figure = {"value": 0.7262, "low": 0.6, "high": 1.0}
    system = dict.fromkeys(("macro_f1", "accuracy", "any"), figure)
    page = "before\n<!-- figures: written -->\nold\n<!-- end -->\nafter\n"
    table = figures_table({"held_out": {"model": system}}, "written", "zh")
    cell = "0.726 [0.600, 1.000]"
    assert table == (
        f"| 编写的文本 | 宏平均F1 | 准确率 |\n|---|---|---|\n| **policyclf** | {cell} | {cell} |\n"
    )
    written = with_figures(page, {"held_out": {"model": system}}, "zh")
    assert written == f"before\n<!-- figures: written -->\n{table}<!-- end -->\nafter\n"
    assert with_figures(written, {"held_out": {"model": system}}, "zh") == written
    assert with_figures(page, {}, "zh") == page


@pytest.mark.parametrize("module", MEASUREMENTS)
def test_measurements_are_those_of_the_docstrings(module: str) -> None:
    """What the page quotes as measured stands in the module too."""
    source = inspect.getsource(importlib.import_module(f"policyclf.{module}"))
    docstrings = " ".join(source.split())
    page = " ".join(read(DOCS / "how-it-works.md").split())
    for figure in MEASUREMENTS[module]:
        assert figure in docstrings, f"policyclf.{module} no longer says {figure!r}"
        assert figure in page, f"how-it-works.md no longer says {figure!r}"
