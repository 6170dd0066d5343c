"""The page of an evaluation as a browser lays it out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policyclf.report.evaluation import evaluation_page
from test_report_evaluation import ATTACK, report_of

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium at hand")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_overflows(browser: Any, tmp_path: Path, width: int, language: Any) -> None:
    """The page is as wide as the window, also with hostile names, and says nothing amiss."""
    page = tmp_path / "report.html"
    page.write_text(evaluation_page(report_of(ATTACK * 3), language=language), encoding="utf-8")
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == 390}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page.as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") == width
    assert browser.execute_script("return document.scripts.length") == 0
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(browser: Any, tmp_path: Path, scheme: str) -> None:
    """Light on dark or dark on light, in the darkest cell of the confusion matrix, too."""
    page = tmp_path / "report.html"
    page.write_text(evaluation_page(report_of()), encoding="utf-8")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())
    browser.execute_script(
        "const cell = document.querySelector('.heat td'); cell.className = 'h9 self';"
    )
    ink, behind = browser.execute_script(
        """
        const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        const shade = colour => {
          paint.fillStyle = colour;
          paint.fillRect(0, 0, 1, 1);
          return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const style = getComputedStyle(document.querySelector('.heat td'));
        return [shade(style.color), shade(style.backgroundColor)];
        """
    )
    assert contrast(ink, behind) >= 4.5


def contrast(first: list[int], second: list[int]) -> float:
    """Compute the contrast ratio of the Web Content Accessibility Guidelines."""
    lights = []
    for colour in (first, second):
        linear = [
            c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour
        ]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)
