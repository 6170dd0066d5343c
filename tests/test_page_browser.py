"""The page in a browser: what a reader clicks, types and sees. Needs Chromium."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from policyclf.documents import Document
from policyclf.labeling import Labeler
from policyclf.report.page import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
DRIVER = shutil.which("chromedriver")
EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.txt"))
PAYLOADS = """<script>alert(1)</script>招商引资</script><img src=x onerror=alert(2)>
"><svg onload=alert(3)>优化营商环境' onfocus='alert(4)' autofocus x='。
javascript:alert(5)\u2028引进\u2029人才</textarea></title></style><!-- --><b>治理污染</b>。
{{ 7 * 7 }}{% raw %}${alert(6)}\\u003cscript\\u003e扩大信贷\x00\u202e。
"""
NAMES = ("javascript:alert(7)</script><script>alert(8)</script>.txt", '" onclick="alert(9)".txt')


class Reader:
    """Somebody in front of a page."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, path: Path, width: int, *, dark: bool = False) -> None:
        """Open a page in a window of some width."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},  # a click waits for no scroll
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.complaints()
        self.driver.get(path.as_uri())

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def seen(self, selector: str) -> list[WebElement]:
        """List the elements that are laid out."""
        script = f"[...document.querySelectorAll({selector!r})].filter(e => e.offsetParent)"
        found: list[WebElement] = self.run(script)
        return found

    def clear(self) -> list[str]:
        """List the codes of the sentences that are not dimmed."""
        codes: list[str] = self.run(
            "[...document.querySelectorAll('.s')]"
            ".filter(e => e.offsetParent && getComputedStyle(e).opacity === '1')"
            ".map(e => e.dataset.c)"
        )
        return codes

    def run(self, script: str) -> Any:
        return self.driver.execute_script(f"return {script}")

    def fits(self) -> bool:
        """Say whether nothing reaches over the right edge."""
        return bool(self.run("document.documentElement.scrollWidth <= innerWidth"))

    def complaints(self) -> list[str]:
        """List errors and violations of the content security policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def focus(self) -> WebElement:
        return self.driver.switch_to.active_element

    def press(self, key: str) -> None:
        self.focus().send_keys(key)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """Start a browser, which looks for no driver on the network."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield Reader(driver)
    driver.quit()


def write_page(labeler: Labeler, documents: list[Document], path: Path) -> Path:
    page = Page(labeler.labels, labeler.codebook, model="sha256 0123456789ab")
    for document in documents:
        page.add(document.name, document.text, labeler.explain(document))
    path.write_text(page.render(), encoding="utf-8", newline="")
    return path


@pytest.fixture(scope="module")
def examples(shipped: Labeler, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page of the three examples."""
    documents = [Document.from_path(path) for path in EXAMPLES]
    return write_page(shipped, documents, tmp_path_factory.mktemp("pages") / "examples.html")


@pytest.fixture(scope="module")
def hostile(shipped: Labeler, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page of two documents whose texts, titles and names attack it."""
    documents = [Document(PAYLOADS, name, "utf-8", "") for name in NAMES]
    return write_page(shipped, documents, tmp_path_factory.mktemp("pages") / "hostile.html")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(reader: Reader, examples: Path, width: int, dark: bool) -> None:  # noqa: FBT001  a parameter of pytest's
    """Text, details, table and dialog fit a wide and a narrow window."""
    reader.open(examples, width, dark=dark)
    assert reader.fits()
    reader.seen(".s")[1].click()
    assert reader.find("#details dl").is_displayed()
    assert reader.fits()
    reader.find("#view").click()
    assert reader.find("#table table").is_displayed()
    assert reader.fits()
    reader.find("#csv").click()
    assert reader.find("#export").is_displayed()
    assert reader.fits()
    assert reader.complaints() == []


def test_legend_filters(reader: Reader, examples: Path) -> None:
    """A click on a label dims the sentences of all others; another one brings them back."""
    reader.open(examples, 1280)
    entry = reader.find(".entry[data-k]:not(.none)")
    code = entry.find_element(By.CSS_SELECTOR, ".chip").text
    count = int(entry.find_element(By.CSS_SELECTOR, ".number").text.split()[0])
    entry.click()
    assert entry.get_attribute("aria-pressed") == "true"
    assert [shown.rstrip("?") for shown in reader.clear()] == [code] * count != []
    n_shown = len(reader.seen(".s"))
    assert reader.find("#status").text == f"{count} of {n_shown} sentences"
    reader.find("#clear").click()
    assert len(reader.clear()) == n_shown
    reader.find("#unsure").click()
    assert len(reader.clear()) == len(reader.seen(".s.unsure")) > 0
    assert {code[-1] for code in reader.clear()} == {"?"}


def test_keyboard_reaches_sentences(reader: Reader, examples: Path) -> None:
    """Tab leads to one sentence, arrows on to the others, each with its reasons."""
    reader.open(examples, 1280)
    reader.find("#unsure").send_keys(Keys.TAB)  # the last one before the text
    first = reader.focus()
    assert reader.run("document.activeElement.matches('.s')"), first.tag_name
    assert first == reader.seen(".s")[0]
    assert first.value_of_css_property("outline-style") != "none"
    reader.press(Keys.ARROW_RIGHT)
    second = reader.focus()
    assert second == reader.seen(".s")[1]
    told = reader.find("#details").text
    assert "Runner-up" in told
    assert any(word.text in told for word in second.find_elements(By.TAG_NAME, "mark"))
    assert reader.find("#details").get_attribute("aria-live") == "polite"
    reader.press(Keys.TAB)
    assert reader.focus() not in reader.all(".s")  # one tab stop, not one a sentence
    reader.driver.execute_script("arguments[0].focus()", second)
    reader.press(Keys.ESCAPE)
    assert reader.find("#details").text == "Choose a sentence."


def test_details_say_what_the_library_says(
    reader: Reader, examples: Path, shipped: Labeler
) -> None:
    """Label, probabilities and words are those of the explanation."""
    reader.open(examples, 1280)
    explanations = shipped.explain(Document.from_path(EXAMPLES[0]))
    place = next(i for i, e in enumerate(explanations) if e.sentence.kind == "sentence")
    explanation = explanations[place]
    element = reader.seen(".s")[place]
    element.click()
    told = reader.find("#details").text
    confidence = float(reader.find("#details h2").text.rsplit(" ", 1)[1])
    assert confidence == pytest.approx(explanation.sentence.confidence, abs=0.0051)
    for label in (explanation.label, explanation.runner_up):
        assert shipped.label_name(label, "en") in told
    for span, value in explanation.deciding(3):
        assert f"{span.text}\n{'−' if value < 0 else '+'}{abs(value):.2f}" in told


def test_documents_are_chosen(reader: Reader, examples: Path) -> None:
    """The list shows one document at a time, or all."""
    reader.open(examples, 1280)
    assert len(reader.seen(".document")) == 1
    numbers = reader.run(
        "[...document.querySelectorAll('.document')].map(e => e.querySelectorAll('.s').length)"
    )
    reader.all("#documents a")[1].click()
    assert len(reader.seen(".s")) == numbers[1]
    assert reader.all("#documents a")[1].get_attribute("aria-current") == "true"
    reader.all("#documents a")[3].click()
    assert len(reader.seen(".s")) == sum(numbers)


def test_language(reader: Reader, examples: Path) -> None:
    """The switch turns every word of the page's own."""
    reader.open(examples, 1280)
    assert "Investment attraction" in reader.find(".legend").text
    reader.seen(".s")[0].click()
    reader.find("#language").click()
    for selector, words in ((".legend", "招商引资"), ("h1", "逐句标注"), ("#details", "其次")):
        assert words in reader.find(selector).text
    assert reader.run("document.documentElement.lang") == "zh"
    assert "Runner-up" not in reader.find("body").text
    assert reader.find("#language").text == "English"


def test_table_and_csv(reader: Reader, examples: Path, shipped: Labeler) -> None:
    """Both have a row a sentence, and the CSV reads back as what was labelled."""
    reader.open(examples, 1280)
    reader.all("#documents a")[1].click()
    labelled = shipped.label(Document.from_path(EXAMPLES[1]))
    reader.find("#view").click()
    assert not reader.find("#text").is_displayed()
    assert len(reader.all("#table tbody tr")) == len(labelled)
    reader.find("#csv").click()
    text = reader.run("document.getElementById('csv-text').value")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["label"] for row in rows] == [s.label for s in labelled]
    assert [int(row["start"]) for row in rows] == [s.start for s in labelled]
    assert [row["text"] for row in rows] == [s.text for s in labelled]  # this one has no wraps
    assert {row["document"] for row in rows} == {str(EXAMPLES[1])}
    reader.find("#copy").click()
    reader.find("#close").click()
    assert not reader.find("#export").is_displayed()
    assert reader.complaints() == []


def test_long_tables_grow(reader: Reader, shipped: Labeler, tmp_path: Path) -> None:
    """Rows come as the reader gets there, and all of them to be printed."""
    (explanation,) = shipped.explain("全力招商引资。")
    page = Page(shipped.labels, shipped.codebook, model="here")
    page.add("long.txt", "全力招商引资。", [explanation] * 1000)
    path = tmp_path / "long.html"
    path.write_text(page.render(), encoding="utf-8")
    reader.open(path, 1280)
    reader.find("#view").click()
    rows = "document.querySelectorAll('#table tbody tr').length"
    assert reader.run(rows) < 700
    reader.run("window.dispatchEvent(new Event('beforeprint'))")
    assert reader.run(rows) == 1000


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_documents_are_text(reader: Reader, hostile: Path, width: int) -> None:
    """Markup in a document, its title or its name raises no alert and makes no element."""
    reader.open(hostile, width)
    reader.all("#documents a")[2].click()
    assert len(reader.seen(".document")) == 2
    reader.run("document.querySelectorAll('.s').forEach(e => { e.focus(); e.click(); })")
    reader.find("#view").click()
    reader.find("#csv").click()
    made = "script:not(#data), img, svg, b, textarea, title, iframe, [onclick], [onfocus], [onload]"
    ours = [element.tag_name for element in reader.all(made)]
    assert sorted(ours) == ["script", "textarea", "title"]
    assert reader.fits()
    assert reader.complaints() == []  # an alert would have raised on the way here
    for payload in ("<script>alert(1)</script>", "onfocus='alert(4)'", "{{ 7 * 7 }}"):
        assert payload in reader.run("document.getElementById('csv-text').value")


def test_policy_stops_what_gets_in(reader: Reader, hostile: Path, tmp_path: Path) -> None:
    """Were a script to get into the page all the same, the browser would not run it."""
    page = hostile.read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    added = "<script>document.title = 'taken'</script><p onclick=alert(1) style='color:red'>x</p>"
    broken.write_text(page.replace("<footer", f"{added}<footer"), encoding="utf-8")
    reader.open(broken, 1280)
    assert reader.driver.title != "taken"
    assert len([c for c in reader.complaints() if "Content Security Policy" in c]) >= 2


def test_without_script(reader: Reader, examples: Path, tmp_path: Path) -> None:
    """The text, the codes and the legend are there without JavaScript."""
    page = examples.read_text(encoding="utf-8")
    plain = tmp_path / "plain.html"
    plain.write_text(page.replace('"use strict"', '"use nothing"'), encoding="utf-8")
    reader.open(plain, 390)  # its hash is another one: it does not run
    assert reader.run("document.documentElement.className") == ""
    assert len(reader.seen(".document")) == 3
    first = "document.querySelector('.s')"
    code = reader.run(f"getComputedStyle({first}, '::before').content").strip('"')
    assert code == reader.run(f"{first}.dataset.c") != ""
    assert "A1 Investment attraction" in reader.find(".legend").text.replace("\n", " ")
    assert reader.seen("[data-js]") == []
    assert reader.fits()
