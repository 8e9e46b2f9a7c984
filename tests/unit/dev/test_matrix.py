# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which combinations the matrix of versions runs, what can be chosen of them, and what it makes of the results."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.dev.matrix_plan import APART, PROMISES, WHOLE, Job, choose, plan
from ansible_collections.katapult.cloud.dev.matrix_results import keep, listing, refuse, result_of, summary, table
from ansible_collections.katapult.cloud.dev.workspace import Failed

COLLECTION = Path(__file__).resolve().parents[3]
CORES = ["2.16", "2.17", "2.18", "2.19", "2.20", "2.21"]
PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]
FLOOR = "2.25.1"
#: The pairs of ansible-core and the Python of modules: 3.13 is newer than ansible-core 2.16 and 2.17.
PAIRS = {(core, python) for core in CORES for python in PYTHONS} - {("2.16", "3.13"), ("2.17", "3.13")}


def jobs(part: str) -> list[Job]:
    return [job for job in plan(PYTHONS) if job.part == part]


@pytest.mark.parametrize("part", ["unit", "integration"])
def test_every_pair_runs_once(part: str) -> None:
    assert Counter((job.core, job.python) for job in jobs(part)) == Counter(PAIRS)


def test_every_core_has_the_sanity_tests_once() -> None:
    assert sorted(job.core for job in jobs("sanity")) == CORES


@pytest.mark.parametrize("part", ["unit", "integration"])
def test_every_python_meets_the_oldest_requests_and_the_newest(part: str) -> None:
    met = defaultdict(set)
    for job in jobs(part):
        met[job.python].add(job.requests)
    newest = {python: "2.32.5" if python == "3.9" else "2.34.2" for python in PYTHONS}
    assert dict(met) == {python: {FLOOR, newest[python]} for python in PYTHONS}


def test_every_pair_meets_the_oldest_requests_and_a_newer_one() -> None:
    met = defaultdict(set)
    for job in (*jobs("unit"), *jobs("integration")):
        met[job.core, job.python].add(job.requests == FLOOR)
    assert set(map(frozenset, met.values())) == {frozenset({True, False})}


def test_every_core_runs_all_unit_tests_on_a_control_node() -> None:
    whole = {job.core: job.python for job in jobs("unit") if job.tests == WHOLE}
    assert whole == dict(zip(CORES, ["3.10", "3.12", "3.11", "3.13", "3.12", "3.13"], strict=True))


def test_only_what_runs_on_a_control_node_needs_no_environment_for_modules() -> None:
    alone = {(job.part, job.tests) for job in plan(PYTHONS) if not job.needs_module_environment}
    assert alone == {("sanity", "all"), ("unit", WHOLE)}
    assert all(job.needs_module_environment for job in jobs("integration"))


def test_the_promises_run_on_every_python_with_either_requests() -> None:
    met = defaultdict(set)
    for job in jobs("unit"):
        if job.tests in (PROMISES, WHOLE):
            met[job.python].add(job.requests == FLOOR)
    assert dict(met) == {python: {True, False} for python in PYTHONS}


def test_a_python_that_is_not_there_is_skipped_aloud() -> None:
    skipped = {(job.core, job.python, job.skipped) for job in plan(["3.11", "3.12", "3.13"]) if job.skipped}
    assert skipped == {(core, python, f"Python {python} not found") for core in CORES for python in ("3.9", "3.10")}


def test_without_a_python_for_the_control_node_all_of_a_core_is_skipped() -> None:
    planned = plan(["3.9", "3.10"])
    assert {job.core for job in planned if not job.skipped} == {"2.16", "2.17"}
    assert {job.skipped for job in planned if job.core == "2.21"} == {
        "none of Python 3.12, 3.13 found for the control node"
    }


def test_the_short_jobs_of_the_outermost_versions_come_first() -> None:
    order = [(job.part, job.tests, job.core, job.python) for job in plan(PYTHONS)]
    assert order[0][0] == "unit"
    assert order[0][1] == "plugins"
    assert {tests for _part, tests, _core, _python in order[-6:]} == {WHOLE}
    integration = [(core, python) for part, _tests, core, python in order if part == "integration"]
    assert set(integration[:3]) == {("2.16", "3.9"), ("2.21", "3.9"), ("2.21", "3.13")}


def test_a_part_is_chosen_by_lists() -> None:
    chosen = plan(PYTHONS, choose(cores="2.16, 2.21", pythons="3.9", parts="unit,sanity"))
    assert {(job.core, job.python, job.part) for job in chosen} == {
        ("2.16", "3.9", "unit"),
        ("2.21", "3.9", "unit"),
        ("2.16", "", "sanity"),
        ("2.21", "", "sanity"),
    }


def test_what_is_chosen_does_not_change_what_a_job_is() -> None:
    assert set(plan(PYTHONS, choose(cores="2.19"))) == {job for job in plan(PYTHONS) if job.core == "2.19"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"cores": "2.15"}, "the matrix has no ansible-core 2.15; it has 2.16, 2.17, 2.18, 2.19, 2.20, 2.21"),
        ({"pythons": "3.9,3.8"}, "the matrix has no Python 3.8; it has 3.9, 3.10, 3.11, 3.12, 3.13"),
        ({"parts": "lint"}, "the matrix has no part lint; it has unit, sanity, integration"),
    ],
    ids=["core", "python", "part"],
)
def test_what_the_matrix_does_not_have_is_named(words: dict[str, str], said: str) -> None:
    with pytest.raises(Failed) as raised:
        choose(**words)
    assert str(raised.value) == said


def test_the_table_has_a_row_for_each_result_in_the_order_of_versions() -> None:
    results = [
        result_of(Job("2.21", "3.9", FLOOR, "unit", "plugins"), "failed", 40.4, "pytest | ended\nwith 1", "abc"),
        result_of(Job("2.16", "3.10", FLOOR, "unit", "plugins"), "skipped", 0, "Python 3.10 not found", "abc"),
        result_of(Job("2.16", "3.9", FLOOR, "unit", "plugins"), "passed", 39.6, "9 passed", "abc"),
        result_of(Job("2.16", "", "", "sanity"), "passed", 80, "32 sanity tests", "abc"),
    ]
    assert table(results).splitlines()[2:] == [
        "| 2.16 | all | - | sanity | all | passed | 80 | abc | 32 sanity tests |",
        "| 2.16 | 3.9 | 2.25.1 | unit | plugins | passed | 40 | abc | 9 passed |",
        "| 2.16 | 3.10 | 2.25.1 | unit | plugins | skipped | - | abc | Python 3.10 not found |",
        "| 2.21 | 3.9 | 2.25.1 | unit | plugins | failed | 40 | abc | pytest / ended with 1 |",
    ]
    assert summary(results) == "2 passed, 1 failed, 1 skipped"


def test_the_list_has_what_is_to_be_run() -> None:
    unit, sanity = Job("2.16", "3.9", FLOOR, "unit", "plugins"), Job("2.16", "", "", "sanity")
    assert listing([unit, sanity]).splitlines() == [
        "| ansible-core | Python | requests | Part | Tests |",
        "| --- | --- | --- | --- | --- |",
        "| 2.16 | all | - | sanity | all |",
        "| 2.16 | 3.9 | 2.25.1 | unit | plugins |",
    ]


def test_the_list_says_why_something_is_skipped() -> None:
    unit = Job("2.16", "3.9", FLOOR, "unit", "plugins", skipped="Python 3.9 not found")
    assert listing([unit, Job("2.16", "", "", "sanity")]).splitlines()[::2] == [
        "| ansible-core | Python | requests | Part | Tests | Skipped |",
        "| 2.16 | all | - | sanity | all |  |",
    ]
    assert listing([unit]).splitlines()[-1] == "| 2.16 | 3.9 | 2.25.1 | unit | plugins | Python 3.9 not found |"


def test_a_later_run_replaces_the_results_of_the_same_jobs_only(tmp_path: Path) -> None:
    unit, sanity = Job("2.16", "3.9", FLOOR, "unit", "plugins"), Job("2.16", "", "", "sanity")
    keep([result_of(unit, "failed", 1, "", "old"), result_of(sanity, "passed", 1, "", "old")], tmp_path)
    keep([result_of(unit, "passed", 2, "", "new")], tmp_path)
    assert (tmp_path / "results.md").read_text(encoding="utf-8").splitlines()[2:] == [
        "| 2.16 | all | - | sanity | all | passed | 1 | old |  |",
        "| 2.16 | 3.9 | 2.25.1 | unit | plugins | passed | 2 | new |  |",
    ]


def test_what_is_skipped_does_not_hide_what_failed_before(tmp_path: Path) -> None:
    unit = Job("2.16", "3.9", FLOOR, "unit", "plugins")
    keep([result_of(unit, "failed", 1, "", "old")], tmp_path)
    keep([result_of(unit, "skipped", 0, "Python 3.9 not found", "new")], tmp_path)
    assert "| failed | 1 | old |" in (tmp_path / "results.md").read_text(encoding="utf-8")


def test_results_that_can_t_be_read_are_left(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('[{"core": "2.1', encoding="utf-8")
    keep([result_of(Job("2.16", "", "", "sanity"), "passed", 1, "", "new")], tmp_path)
    assert "| passed | 1 | new |" in (tmp_path / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["passed", "failed"], "the matrix has failures"),
        (["skipped", "skipped"], "nothing of the matrix was run"),
        ([], "nothing of the matrix was run"),
    ],
)
def test_a_run_that_proves_nothing_fails(outcomes: list[str], said: str) -> None:
    with pytest.raises(Failed) as raised:
        refuse([result_of(Job("2.16", "", "", "sanity"), outcome, 1, "", "abc") for outcome in outcomes])
    assert str(raised.value) == said


def test_a_run_that_passed_with_skips_passes() -> None:
    refuse([result_of(Job("2.16", "", "", "sanity"), outcome, 1, "", "abc") for outcome in ("passed", "skipped")])


def test_every_folder_of_tests_is_run_somewhere_or_named() -> None:
    folders = {path.name for path in (COLLECTION / "tests" / "unit").iterdir() if path.is_dir()}
    assert folders - {"__pycache__", *APART} == {"awx", "docs", "functional", "fuzz", "packaging", "plugins", "support"}


def test_what_is_left_to_one_run_of_the_unit_tests_is_there() -> None:
    assert [path for path in APART if not (COLLECTION / "tests" / "unit" / path).exists()] == []


def test_the_workflow_runs_every_core_with_every_python() -> None:
    workflow: dict[str, Any] = yaml.safe_load(
        (COLLECTION / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    )
    job = workflow["jobs"]["matrix"]
    [setup] = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
    assert job["strategy"]["matrix"]["core"] == CORES
    assert sorted(setup["with"]["python-version"].split()) == sorted(PYTHONS)
    assert "make matrix CORES=${{ matrix.core }}" in [step.get("run") for step in job["steps"]]
    assert workflow["permissions"] == {"contents": "read"}
