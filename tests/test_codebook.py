"""A codebook is read whole, or refused with the file and the field."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from policyclf.codebook import LANGUAGES, Bilingual, Codebook, Exclusion, Rule
from policyclf.exceptions import CodebookError

HEAD = """
name = "tiny"
version = "1.0"
title = { zh = "示例", en = "An example" }
"""
GROUP = """
[[groups]]
id = "economy"
zh = "经济"
en = "Economy"
"""
TALENT = """
[[labels]]
id = "talent"
zh = "人才"
en = "Talent"
group = "economy"
takes = { zh = "引才", en = "Attracting talent" }
"""
MORE = """
examples = ["引进博士。"]
rules = [1]
[[labels.does_not_take]]
zh = "贷款"
en = "Loans"
label = "finance"
[[labels.does_not_take]]
zh = "口号"
en = "Slogans"
"""
FINANCE = """
[[labels]]
id = "finance"
zh = "金融"
en = "Finance"
group = "economy"
takes = { zh = "信贷", en = "Credit" }
"""
RULES = """
[[rules]]
number = 1
labels = ["talent", "finance"]
zh = "人才贷是金融。"
en = "Loans to talent are finance."
[[rules]]
number = 2
zh = "看动词。"
en = "Look at the verb."
"""
PRINCIPLES = """
[[principles]]
zh = "手段服从目的。"
en = "A means serves its end."
"""
WHOLE = HEAD + GROUP + TALENT + MORE + FINANCE + RULES + PRINCIPLES


def test_reads_all_parts() -> None:
    """Reads names, groups, labels, exclusions, rules and principles, in order."""
    codebook = Codebook.from_toml(WHOLE)
    assert (codebook.name, codebook.version) == ("tiny", "1.0")
    assert codebook.title == Bilingual("示例", "An example")
    assert codebook.groups == {"economy": Bilingual("经济", "Economy")}
    assert codebook.ids == ("talent", "finance")
    talent = codebook.label("talent")
    assert talent.name == Bilingual("人才", "Talent")
    assert talent.group == "economy"
    assert talent.takes.in_language("zh") == "引才"
    assert talent.takes.in_language("en") == "Attracting talent"
    assert talent.rules == (1,)
    assert talent.examples == ("引进博士。",)
    assert talent.does_not_take == (
        Exclusion(Bilingual("贷款", "Loans"), "finance"),
        Exclusion(Bilingual("口号", "Slogans"), None),
    )
    assert codebook.label("finance").does_not_take == ()
    assert codebook.rules == (
        Rule(1, ("talent", "finance"), Bilingual("人才贷是金融。", "Loans to talent are finance.")),
        Rule(2, (), Bilingual("看动词。", "Look at the verb.")),
    )
    assert codebook.principles == (Bilingual("手段服从目的。", "A means serves its end."),)


def test_shipped_codebook(labels_folder: Path) -> None:
    """The shipped codebook has 18 labels and 17 rules, and every text in both languages."""
    codebook = Codebook.from_path(labels_folder / "codebook.toml")
    assert len(codebook.labels) == len(set(codebook.ids)) == 18
    assert len(codebook.rules) == 17
    assert {label.group for label in codebook.labels} == set(codebook.groups)
    for label in codebook.labels:
        assert label.examples
        for language in LANGUAGES:
            assert label.name.in_language(language).strip()
            assert label.takes.in_language(language).strip()
    for rule in codebook.rules:
        for label_id in rule.labels:
            assert codebook.label(label_id).id == label_id


def test_unknown_label_of_a_codebook() -> None:
    """Names the labels that there are."""
    with pytest.raises(CodebookError, match=r"'tiny' has no label 'tax'\. It has: talent, finance"):
        Codebook.from_toml(WHOLE).label("tax")


def test_digest(tmp_path: Path) -> None:
    """Is the SHA-256 of the text, and so another where a letter is another."""
    codebook = Codebook.from_toml(WHOLE)
    assert codebook.digest() == hashlib.sha256(WHOLE.encode()).hexdigest()
    assert Codebook.from_toml(WHOLE.replace("引才", "育才")).digest() != codebook.digest()
    path = tmp_path / "codebook.toml"
    path.write_text(WHOLE, encoding="utf-8-sig")
    assert Codebook.from_path(path).digest() == codebook.digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "f.toml: is not TOML: .*end of document"),
        ("x = " + "9" * 5000, "f.toml: is not TOML: .*digits"),
        ("x = " + "[" * 3000, "f.toml: is not TOML: .*recursion"),
        (WHOLE.replace('name = "tiny"', ""), "f.toml: 'name' must be a text. Got None"),
        (WHOLE.replace('name = "tiny"', 'name = " "'), "f.toml: 'name' must be a text. Got ' '"),
        (WHOLE.replace('"1.0"', "1.0"), "f.toml: 'version' must be a text. Got 1.0"),
        (
            WHOLE.replace('{ zh = "示例", en = "An example" }', '"An example"'),
            "f.toml: 'title' must be a table with 'zh' and 'en'. Got 'An example'",
        ),
        (
            WHOLE.replace(', en = "An example"', ""),
            "f.toml: title: 'en' must be a text. Got None",
        ),
        (HEAD + GROUP, r"f.toml: needs at least one \[\[labels\]\] table"),
        (HEAD + "groups = 3" + TALENT, "f.toml: 'groups' must be a list of tables. Got 3"),
        (HEAD + 'groups = ["a"]' + TALENT, r"f.toml: 'groups' must be a list of tables. Got \['a'"),
        (
            WHOLE.replace('en = "Economy"', ""),
            "f.toml: groups economy: 'en' must be a text. Got None",
        ),
        (
            HEAD + GROUP + GROUP + TALENT,
            "f.toml: groups economy: the id 'economy' stands twice",
        ),
        (
            HEAD + GROUP + TALENT + TALENT,
            "f.toml: labels talent: the id 'talent' stands twice",
        ),
        (
            WHOLE.replace('zh = "金融"', 'zh = "人才"'),
            "f.toml: label finance: '人才' is an id or a name of label talent already",
        ),
        (
            WHOLE.replace('en = "Finance"', 'en = "Talent"'),
            "f.toml: label finance: 'Talent' is an id or a name of label talent already",
        ),
        (
            WHOLE.replace('en = "Talent"', 'en = "finance"'),
            "f.toml: label finance: 'finance' is an id or a name of label talent already",
        ),
        (
            WHOLE.replace('id = "talent"', ""),
            "f.toml: labels 1: 'id' must be a text. Got None",
        ),
        (WHOLE.replace('id = "talent"', "id = 5"), "f.toml: labels 5: 'id' must be a text. Got 5"),
        (
            WHOLE.replace('group = "economy"\ntakes = { zh = "信', 'takes = { zh = "信'),
            "f.toml: labels finance: 'group' must be a text. Got None",
        ),
        (HEAD + TALENT, "f.toml: labels talent: there is no group 'economy'"),
        (
            WHOLE.replace('zh = "人才"', ""),
            "f.toml: labels talent: 'zh' must be a text. Got None",
        ),
        (
            WHOLE.replace('takes = { zh = "信贷", en = "Credit" }', ""),
            "f.toml: labels finance: 'takes' must be a table with 'zh' and 'en'. Got None",
        ),
        (
            WHOLE.replace(', en = "Credit"', ""),
            "f.toml: labels finance: takes: 'en' must be a text. Got None",
        ),
        (
            WHOLE.replace("rules = [1]", 'rules = ["1"]'),
            r"f.toml: labels talent: 'rules' must be a list of whole numbers. Got \['1'\]",
        ),
        (
            WHOLE.replace("rules = [1]", "rules = [3]"),
            "f.toml: label talent: there is no rule 3",
        ),
        (
            WHOLE.replace('examples = ["引进博士。"]', "examples = [1]"),
            r"f.toml: labels talent: 'examples' must be a list of texts. Got \[1\]",
        ),
        (
            WHOLE.replace('en = "Slogans"', ""),
            "f.toml: labels talent: does_not_take 2: 'en' must be a text. Got None",
        ),
        (
            WHOLE.replace('label = "finance"', 'label = "tax"'),
            "f.toml: label talent: there is no label 'tax'",
        ),
        (
            WHOLE.replace('label = "finance"', "label = 1"),
            "f.toml: labels talent: does_not_take 1: 'label' must be a text. Got 1",
        ),
        (
            WHOLE.replace('labels = ["talent", "finance"]', 'labels = ["talent", "tax"]'),
            "f.toml: rule 1: there is no label 'tax'",
        ),
        (
            WHOLE.replace('labels = ["talent", "finance"]', 'labels = "talent"'),
            "f.toml: rules 1: 'labels' must be a list of texts. Got 'talent'",
        ),
        (
            WHOLE.replace("number = 2", "number = 3"),
            r"f.toml: the rules must be numbered 1, 2, 3, … Got \[1, 3\]",
        ),
        (
            WHOLE.replace("number = 2", 'number = "2"'),
            "f.toml: rules 2: 'number' must be a whole number. Got '2'",
        ),
        (
            WHOLE.replace("number = 1", "number = true"),
            "f.toml: rules True: 'number' must be a whole number. Got True",
        ),
        (
            WHOLE.replace('zh = "看动词。"', ""),
            "f.toml: rules 2: 'zh' must be a text. Got None",
        ),
        (
            WHOLE.replace('en = "A means serves its end."', ""),
            "f.toml: principles 1: 'en' must be a text. Got None",
        ),
    ],
)
def test_errors(text: str, message: str) -> None:
    """Names the file, the table and the field, and shows what stands there."""
    assert text != WHOLE
    with pytest.raises(CodebookError, match=f"^{message}"):
        Codebook.from_toml(text, file="f.toml")


def test_unreadable_files(tmp_path: Path) -> None:
    """Names a file that is missing, a folder, or not UTF-8."""
    with pytest.raises(CodebookError, match=r"absent\.toml: cannot be read: .*No such file"):
        Codebook.from_path(tmp_path / "absent.toml")
    with pytest.raises(CodebookError, match=r"cannot be read: .*directory"):
        Codebook.from_path(tmp_path)
    path = tmp_path / "gbk.toml"
    path.write_bytes(WHOLE.encode("gbk"))
    with pytest.raises(CodebookError, match=r"gbk\.toml: cannot be read: .*utf-8"):
        Codebook.from_path(path)


def test_errors_name_the_path(tmp_path: Path) -> None:
    """Names the path of a file that is malformed."""
    path = tmp_path / "mine.toml"
    path.write_text(HEAD, encoding="utf-8")
    with pytest.raises(CodebookError, match=r"mine\.toml: needs at least one"):
        Codebook.from_path(path)
