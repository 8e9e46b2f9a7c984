# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the jobs of the matrix ended with, as a table that a later run of some of them completes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .matrix_plan import Job
from .matrix_table import CORES, PARTS, PYTHONS
from .workspace import Failed

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
HEADS = ("ansible-core", "Python", "requests", "Part", "Tests", "Result", "Seconds", "Revision", "Seen")


@dataclass(frozen=True)
class Result:
    """How a job ended, of which revision of the collection, and what was seen or why it failed or was skipped."""

    core: str
    python: str
    requests: str
    part: str
    tests: str
    outcome: str
    seconds: int
    seen: str
    revision: str

    @property
    def place(self) -> tuple[int, int, int]:
        """Its place in the table, which only one result has."""
        series = [core.series for core in CORES]
        return series.index(self.core), ("", *PYTHONS).index(self.python), PARTS.index(self.part)

    @property
    def what(self) -> tuple[str, ...]:
        """What is run with what, in words."""
        return (self.core, self.python or "all", self.requests or "-", self.part, self.tests)

    @property
    def row(self) -> str:
        """Its row of the table."""
        cells = (
            *self.what,
            self.outcome,
            "-" if self.outcome == SKIPPED else str(self.seconds),
            self.revision,
            self.seen,
        )
        return _row([" ".join(cell.replace("|", "/").split()) for cell in cells])


def result_of(job: Job, outcome: str, seconds: float, seen: str, revision: str) -> Result:
    """The result of a job."""
    return Result(job.core, job.python, job.requests, job.part, job.tests, outcome, round(seconds), seen, revision)


def table(results: Iterable[Result]) -> str:
    """The results in Markdown, by their places."""
    rows = [result.row for result in sorted(results, key=lambda result: result.place)]
    return "\n".join([_row(HEADS), _row(["---"] * len(HEADS)), *rows])


def listing(jobs: Iterable[Job]) -> str:
    """What is to be run, in Markdown, by its places; also why some of it can't be, where that is so."""
    planned = sorted((result_of(job, "", 0, job.skipped, "") for job in jobs), key=lambda result: result.place)
    heads = [*HEADS[:5], "Skipped"] if any(result.seen for result in planned) else HEADS[:5]
    rows = [_row([*result.what, result.seen][: len(heads)]) for result in planned]
    return "\n".join([_row(heads), _row(["---"] * len(heads)), *rows])


def summary(results: Sequence[Result]) -> str:
    """How many there are of each outcome."""
    count = Counter(result.outcome for result in results)
    return ", ".join(f"{count[outcome]} {outcome}" for outcome in (PASSED, FAILED, SKIPPED))


def refuse(results: Sequence[Result]) -> None:
    """Raise Failed where a job failed, and where none was run."""
    if any(result.outcome == FAILED for result in results):
        raise Failed("the matrix has failures")
    if all(result.outcome == SKIPPED for result in results):
        raise Failed("nothing of the matrix was run")


def keep(results: Iterable[Result], folder: Path) -> None:
    """Put the results beside those of earlier runs, or in their places, as a table and for the next run.

    What is skipped now does not take the place of what was seen before.
    """
    kept = folder / "results.json"
    merged = {result.place: result for result in _earlier(kept)}
    for result in results:
        if result.outcome != SKIPPED or result.place not in merged:
            merged[result.place] = result
    written = kept.with_suffix(".new")
    written.write_text(json.dumps([asdict(result) for result in merged.values()], indent=1), encoding="utf-8")
    written.replace(kept)
    (folder / "results.md").write_text(table(merged.values()) + "\n", encoding="utf-8")


def _earlier(kept: Path) -> list[Result]:
    """The results of earlier runs that still have a place."""
    try:
        results = [Result(**fields) for fields in json.loads(kept.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []
    return [result for result in results if result.core in {core.series for core in CORES}]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
