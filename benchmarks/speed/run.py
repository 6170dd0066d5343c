"""How fast, beside the peers: ``python benchmarks/speed/run.py [--short]``.

Contestants take turns, round after round, so that what else the machine does falls on all of
them alike; a figure is the median of the rounds, and a ratio is the median of the rounds'
ratios. ``--short`` leaves out what takes minutes: a million sentences to label and to train
on. Needs ``pip install --group bench``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from contestants import (
    FASTTEXT,
    NAIVE,
    NO_COMPILER,
    OURS,
    Contestant,
    contestants,
    fasttext_model,
)
from texts import ROOT, sentences

import policyclf
from policyclf.corpus import Corpus

RESULTS = Path(__file__).parent / "results"
ROUNDS = 7
SINGLES = 1_000
SINGLES_A_TURN = 100
STARTS = 5
SIZES = (100, 1_000, 10_000, 100_000)
SENTENCES_A_DOCUMENT = 50
TRAINING_SIZES = (10_000, 100_000, 1_000_000)
MOST_OF_PEERS = 100_000
"""Peers are not trained on more."""


def say(what: str) -> None:
    """Tell how far it is."""
    print(what, file=sys.stderr, flush=True)


def seconds(work: Callable[[], Any]) -> float:
    """Time some work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def throughput(those: list[Contestant], texts: list[str]) -> dict[str, Any]:
    """Measure sentences a second, taking turns; every round has texts of its own."""
    rates: dict[str, list[float]] = {one.name: [] for one in those}
    for one in those:
        one.label(texts[: min(one.n, 500)])
    for number in range(ROUNDS):
        say(f"throughput, round {number + 1} of {ROUNDS}")
        for one in those:
            start = number * one.n % max(len(texts) - one.n, 1)
            part = texts[start : start + one.n]
            rates[one.name].append(len(part) / seconds(lambda one=one, part=part: one.label(part)))
    size = statistics.mean(len(text.encode()) for text in texts[:10_000])
    return {
        name: {
            "sentences_per_second": statistics.median(rate),
            "megabytes_per_second": statistics.median(rate) * size / 1e6,
            "times_slower_than_ours": statistics.median(
                ours / other for ours, other in zip(rates[OURS], rate, strict=True)
            ),
        }
        for name, rate in rates.items()
    }


def one_at_a_time(those: list[Contestant], texts: list[str]) -> dict[str, Any]:
    """Measure the milliseconds that single sentences take, taking turns."""
    taken: dict[str, list[float]] = {one.name: [] for one in those}
    for start in range(0, SINGLES, SINGLES_A_TURN):
        say(f"single sentences, {start} of {SINGLES}")
        for one in those:
            for text in texts[:20]:  # what the one before has pushed out of the caches comes back
                one.label([text])
            for text in texts[50 + start : 50 + start + SINGLES_A_TURN]:
                taken[one.name].append(1e3 * seconds(lambda one=one, text=text: one.label([text])))
    ours = statistics.median(taken[OURS])
    return {
        name: {
            "p50_ms": float(np.percentile(times, 50)),
            "p99_ms": float(np.percentile(times, 99)),
            "times_slower_than_ours": statistics.median(times) / ours,
        }
        for name, times in taken.items()
    }


def growth(texts: list[str]) -> dict[str, Any]:
    """Measure our sentences a second by how many there are, with one thread and with two."""
    labeler = policyclf.load()
    random = np.random.default_rng(0)
    found: dict[str, Any] = {}
    for n in SIZES:
        say(f"growth, {n:,} sentences")
        repeats = max(1, 20_000 // n)
        rates: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(ROUNDS):
            starts = random.integers(max(len(texts) - n, 1), size=repeats)
            parts = [texts[start : start + n] for start in starts]
            for jobs, rate in rates.items():
                began = time.perf_counter()
                for part in parts:
                    labeler.predict(part, jobs=jobs)
                rate.append(repeats * n / (time.perf_counter() - began))
        found[str(n)] = {
            "one_thread": statistics.median(rates[1]),
            "two_threads": statistics.median(rates[2]),
            "two_over_one": statistics.median(b / a for a, b in zip(*rates.values(), strict=True)),
        }
    return found


def run_python(code: str, *arguments: str) -> float:
    """Time a whole process."""
    command = [sys.executable, "-c", code, *arguments]
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True, cwd=ROOT))


def first_label(folder: Path, texts: list[str], labels: list[str]) -> dict[str, Any]:
    """Measure whole processes that load a model and label a short text."""
    import joblib  # noqa: PLC0415
    from contestants import naive_pipeline  # noqa: PLC0415

    say("first label")
    naive, by_characters = folder / "naive.joblib", folder / "fasttext.bin"
    joblib.dump(naive_pipeline(texts, labels), naive)
    fasttext_model(texts, labels, list).save_model(str(by_characters))
    short = folder / "short.txt"
    short.write_text("会议强调，要全力招商引资。\n", encoding="utf-8")
    here = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    ours = "import policyclf; policyclf.load().label('会议强调，要全力招商引资。')"
    processes = {
        OURS: ours,
        NO_COMPILER: f"import os; os.environ['POLICYCLF_COMPILED'] = '0'; {ours}",
        NAIVE: (
            here + "import joblib, opencc; model = joblib.load(sys.argv[1]); "
            "model.predict([opencc.OpenCC('t2s').convert('会议强调，要全力招商引资。')])"
        ),
        FASTTEXT: (
            "import sys, fasttext; "
            "fasttext.load_model(sys.argv[2]).predict([' '.join('会议强调，要全力招商引资。')])"
        ),
    }
    arguments = (str(naive), str(by_characters))
    taken: dict[str, list[float]] = {name: [] for name in (*processes, "policyclf label FILE")}
    for _ in range(STARTS):
        for name, code in processes.items():
            taken[name].append(run_python(code, *arguments))
        command = [Path(sys.executable).with_name("policyclf"), "label", str(short)]
        taken["policyclf label FILE"].append(
            seconds(
                lambda command=command: subprocess.run(command, check=True, capture_output=True)
            )
        )
    of_ours = statistics.median(taken[OURS])
    return {
        name: {
            "seconds": statistics.median(t),
            "times_slower_than_ours": statistics.median(t) / of_ours,
        }
        for name, t in taken.items()
    } | {
        "sizes": {
            OURS: policyclf.load().bundle.size,
            NAIVE: naive.stat().st_size,
            FASTTEXT: by_characters.stat().st_size,
        }
    }


def streaming(folder: Path, n: int) -> dict[str, Any]:
    """Measure the command on a folder of documents: speed, memory, and that nothing changes."""
    documents = folder / "documents"
    documents.mkdir()
    lines: list[str] = []
    for place, (text, _) in enumerate(sentences(n, seed=1), start=1):
        lines.append(text)
        if place % SENTENCES_A_DOCUMENT == 0 or place == n:
            (documents / f"{place:08}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            lines.clear()
    found: dict[str, Any] = {"sentences": n}
    written = {}
    for jobs in (1, 2):
        say(f"streaming {n:,} sentences, {jobs} processes")
        output = folder / f"{jobs}.jsonl"
        arguments = ["label", str(documents), "-o", str(output), "--jobs", str(jobs)]
        taken, memory = measured([str(Path(sys.executable).with_name("policyclf")), *arguments])
        written[jobs] = output.read_bytes()
        found[f"{jobs}_jobs"] = {
            "sentences_per_second": written[jobs].count(b"\n") / taken,
            "peak_MiB_of_the_largest_process": memory,
        }
    found["same_bytes"] = written[1] == written[2]
    found["two_over_one"] = (
        found["2_jobs"]["sentences_per_second"] / found["1_jobs"]["sentences_per_second"]
    )
    return found


_MEASURED = """
import resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Run a process, and return its seconds and the MiB of the largest process it had."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command], check=True, capture_output=True, text=True
    )
    taken, memory = done.stdout.split()
    return float(taken), float(memory)


_TRAINING = """
import sys, time
sys.path.insert(0, {here!r})
from texts import sentences
texts, labels = map(list, zip(*sentences({n}, seed=2)))
def peak():  # of this program; what getrusage says is also that of the one that started it
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
before = peak()
began = time.perf_counter()
{train}
taken = time.perf_counter() - began
print(taken, before, peak(), solver)
"""

_TRAINERS = {
    OURS: (
        "from policyclf import PolicyClassifier\n"
        "solver = PolicyClassifier().fit(texts, labels).solver_"
    ),
    NAIVE: (
        "from contestants import naive_pipeline\n"
        "solver = 'liblinear'\n"
        "naive_pipeline(texts, labels)"
    ),
    FASTTEXT: (
        "from contestants import fasttext_model\nsolver = '-'\nfasttext_model(texts, labels, list)"
    ),
}


def training(sizes: tuple[int, ...]) -> dict[str, Any]:
    """Measure training, features included, each in a process of its own."""
    found: dict[str, Any] = {}
    for n in sizes:
        for name, train in _TRAINERS.items():
            if name != OURS and n > MOST_OF_PEERS:
                continue
            say(f"training on {n:,}: {name}")
            code = _TRAINING.format(here=str(Path(__file__).parent), n=n, train=train)
            done = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
            )
            taken, before, peak, solver = done.stdout.split()
            found.setdefault(str(n), {})[name] = {
                "seconds": float(taken),
                "peak_MiB": float(peak),
                "MiB_before": float(before),
                "solver": solver,
            }
    return found


def provenance() -> dict[str, str]:
    """Say of what and where the figures are."""
    git = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n")
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "commit": commit.strip(),
        "model": policyclf.load().bundle.sha256[:16],
        "machine": f"{cpu}, {platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def plot(found: dict[str, Any]) -> None:
    """Draw sentences a second by how many sentences there are."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    sizes = [int(n) for n in found]
    figure, axes = plt.subplots(figsize=(6, 3.5))
    for key, name in (("one_thread", "one thread"), ("two_threads", "two threads")):
        axes.plot(sizes, [found[str(n)][key] for n in sizes], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("sentences at a time")
    axes.set_ylabel("sentences a second")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(RESULTS / "throughput.svg", metadata={"Date": None})


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Lay out a table."""
    return [
        f"| {' | '.join(head)} |",
        f"|---|{'--:|' * (len(head) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def report(results: dict[str, Any]) -> str:
    """Write the figures for people."""
    lines = ["# Speed", ""]
    lines += [", ".join(f"{key} `{value}`" for key, value in results["provenance"].items()), ""]
    lines += [f"Sentences have {results['mean_length']:.0f} characters on average.", ""]
    lines += ["## Raw sentences to labels, one thread", ""]
    lines += table(
        ["", "sentences/s", "MB/s", "ours is faster by"],
        [
            [
                name,
                f"{x['sentences_per_second']:,.0f}",
                f"{x['megabytes_per_second']:.2f}",
                f"{x['times_slower_than_ours']:.1f}×",
            ]
            for name, x in results["throughput"].items()
        ],
    )
    lines += ["## One sentence at a time, warm", ""]
    lines += table(
        ["", "p50, ms", "p99, ms", "ours is faster by"],
        [
            [
                name,
                f"{x['p50_ms']:.3f}",
                f"{x['p99_ms']:.3f}",
                f"{x['times_slower_than_ours']:.1f}×",
            ]
            for name, x in results["single"].items()
        ],
    )
    lines += ["## Start of the process to the first label", ""]
    sizes = results["first_label"].pop("sizes")
    lines += table(
        ["", "s", "ours is faster by", "model, MB"],
        [
            [
                name,
                f"{x['seconds']:.2f}",
                f"{x['times_slower_than_ours']:.1f}×",
                f"{sizes[name] / 1e6:.1f}" if name in sizes else "",
            ]
            for name, x in results["first_label"].items()
        ],
    )
    results["first_label"]["sizes"] = sizes
    lines += ["## By how many sentences there are", ""]
    lines += table(
        ["sentences", "one thread, sentences/s", "two threads", "two over one"],
        [
            [
                f"{int(n):,}",
                f"{x['one_thread']:,.0f}",
                f"{x['two_threads']:,.0f}",
                f"{x['two_over_one']:.2f}×",
            ]
            for n, x in results["growth"].items()
        ],
    )
    lines += ["![throughput](throughput.svg)", ""]
    stream = results["streaming"]
    lines += [
        f"## `policyclf label FOLDER`, {stream['sentences']:,} sentences in documents of "
        f"{SENTENCES_A_DOCUMENT}",
        "",
    ]
    lines += table(
        ["", "sentences/s", "peak memory of the largest process, MiB"],
        [
            [
                f"`--jobs {jobs}`",
                f"{stream[f'{jobs}_jobs']['sentences_per_second']:,.0f}",
                f"{stream[f'{jobs}_jobs']['peak_MiB_of_the_largest_process']:.0f}",
            ]
            for jobs in (1, 2)
        ],
    )
    lines += [
        f"Two processes: {stream['two_over_one']:.2f}×. Same bytes: {stream['same_bytes']}.",
        "",
        "## Training, from raw sentences",
        "",
    ]
    lines += table(
        ["sentences", "", "s", "peak memory, MiB", "of it the sentences", "solver"],
        [
            [
                f"{int(n):,}",
                name,
                f"{x['seconds']:.1f}",
                f"{x['peak_MiB']:,.0f}",
                f"{x['MiB_before']:,.0f}",
                x["solver"],
            ]
            for n, those in results["training"].items()
            for name, x in those.items()
        ],
    )
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Measure everything."""
    short = "--short" in sys.argv
    RESULTS.mkdir(exist_ok=True)
    corpus = Corpus.from_path(ROOT / "labels" / "corpus")
    say("making sentences and training the contestants")
    texts = [text for text, _ in sentences(SIZES[-1] + 50_000)]
    those = contestants(corpus.texts, corpus.primaries)
    results: dict[str, Any] = {
        "provenance": provenance(),
        "mean_length": statistics.mean(map(len, texts)),
        "throughput": throughput(those, texts),
        "single": one_at_a_time(those, texts),
        "growth": growth(texts),
    }
    del those
    with tempfile.TemporaryDirectory() as folder:
        results["first_label"] = first_label(Path(folder), corpus.texts, corpus.primaries)
        results["streaming"] = streaming(Path(folder), 20_000 if short else 1_000_000)
    results["training"] = training(TRAINING_SIZES[: 2 if short else 3])
    text = json.dumps(results, ensure_ascii=False, indent=2) + "\n"
    (RESULTS / "speed.json").write_text(text, encoding="utf-8")
    (RESULTS / "speed.md").write_text(report(results), encoding="utf-8")
    plot(results["growth"])
    print(report(results))


if __name__ == "__main__":
    main()
