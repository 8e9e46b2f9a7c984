# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the commands which run the tests and the release check tell of what is wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest
from ansible_collections.katapult.cloud.dev import ansible_test, matrix, pip_bootstrap, release_check, unit, venvs
from ansible_collections.katapult.cloud.dev.ansible_test import AnsibleTest, integration, sanity
from ansible_collections.katapult.cloud.dev.matrix_parts import environments
from ansible_collections.katapult.cloud.dev.matrix_plan import Job
from ansible_collections.katapult.cloud.dev.simulator import Service
from ansible_collections.katapult.cloud.dev.workspace import Failed

SANITY = Job("2.16", "", "", "sanity", controller="3.10")


@dataclass(frozen=True)
class CannedTest(AnsibleTest):
    """An ansible-test that puts out what it is told to."""

    output: str = ""

    def run(self, _part: str, *_options: str, show: Callable[[str], bool]) -> str:
        for line in self.output.splitlines():
            show(line)
        return self.output


def canned(copy: Path, output: str) -> CannedTest:
    return CannedTest(copy / "venv", copy, copy / "home", "canned-", output)


@pytest.fixture(name="workers")
def _workers(tmp_path: Path) -> SimpleQueue[Path]:
    workers: SimpleQueue[Path] = SimpleQueue()
    workers.put(tmp_path)
    return workers


@pytest.mark.parametrize(
    ("trouble", "seen"),
    [
        (Failed("pytest ended with status 1"), "pytest ended with status 1"),
        (FileNotFoundError(2, "No such file", "git"), "[Errno 2] No such file: 'git'"),
        (subprocess.TimeoutExpired("git", 5), "Command 'git' timed out after 5 seconds"),
    ],
)
def test_a_job_that_fails_is_told_and_frees_its_place(
    monkeypatch: pytest.MonkeyPatch, workers: SimpleQueue[Path], trouble: Exception, seen: str
) -> None:
    def run_job(_job: Job, _copy: Path) -> str:
        raise trouble

    monkeypatch.setattr(matrix, "run_job", run_job)
    result = matrix.run_one(SANITY, workers, {}, "abc")
    assert (result.outcome, result.seen, result.revision) == ("failed", seen, "abc")
    assert workers.qsize() == 1


def test_a_job_that_passes_tells_what_was_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: SimpleQueue[Path]
) -> None:
    monkeypatch.setattr(matrix, "run_job", lambda job, copy: f"{job.part} in {copy.name}")
    result = matrix.run_one(SANITY, workers, {}, "abc")
    assert (result.outcome, result.seen) == ("passed", f"sanity in {tmp_path.name}")
    assert workers.qsize() == 1


def test_a_job_without_its_environment_fails_without_being_run(
    monkeypatch: pytest.MonkeyPatch, workers: SimpleQueue[Path]
) -> None:
    run: list[Job] = []
    monkeypatch.setattr(matrix, "run_job", lambda job, _copy: run.append(job))
    result = matrix.run_one(SANITY, workers, {environments(SANITY)[0]: "pip ended with status 1"}, "abc")
    assert (result.outcome, result.seen, run) == ("failed", "pip ended with status 1", [])


def test_a_job_that_is_skipped_is_not_run(workers: SimpleQueue[Path]) -> None:
    job = Job("2.16", "3.9", "2.25.1", "unit", skipped="Python 3.9 not found")
    result = matrix.run_one(job, workers, {}, "abc")
    assert (result.outcome, result.seen) == ("skipped", "Python 3.9 not found")


@pytest.mark.parametrize("name", ["ignore-2.16.txt", "ignore.txt"])
def test_ignored_sanity_tests_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "tests" / "sanity").mkdir(parents=True)
    (tmp_path / "tests" / "sanity" / name).touch()
    with pytest.raises(Failed) as raised:
        sanity(canned(tmp_path, 'Running sanity test "pep8"'))
    assert str(raised.value) == f"this collection has no ignored sanity tests: remove {name}"


def test_sanity_tests_are_counted_and_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_bootstrap, "prepare", lambda _python, _home: None)
    started = [f'Running sanity test "{name}"' for name in ("import", "import", "pep8")]
    assert sanity(canned(tmp_path, "\n".join(started))) == "2 sanity tests in 3 runs"
    with pytest.raises(Failed, match="ran no sanity test"):
        sanity(canned(tmp_path, "nothing"))


def test_targets_that_were_left_out_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def simulator(**_options: object) -> Iterator[Service]:
        yield Service("http://127.0.0.1:1/core/v1", "token", "acme")

    monkeypatch.setattr(ansible_test, "simulator", simulator)
    for name in ("disk", "fleet", "task"):
        (tmp_path / "tests" / "integration" / "targets" / name).mkdir(parents=True)
    lines = [f"Running {name} integration test role" for name in ("disk", "fleet", "task")]
    assert integration(canned(tmp_path, "\n".join(lines))) == "3 targets"
    with pytest.raises(Failed) as raised:
        integration(canned(tmp_path, lines[1]))
    assert str(raised.value) == "ansible-test left out the targets disk, task"


def test_an_environment_is_made_anew_of_other_things(tmp_path: Path) -> None:
    assert not venvs.is_made(tmp_path, "requests==1")
    (tmp_path / venvs.STAMP).write_text("requests==1", encoding="utf-8")
    assert venvs.is_made(tmp_path, "requests==1")
    assert not venvs.is_made(tmp_path, "requests==2")


def prepare_checks(monkeypatch: pytest.MonkeyPatch, found: dict[str, list[str]]) -> None:
    """Have each of the release checks find what is given."""
    monkeypatch.setattr(release_check, "_prepare", lambda: Path("katapult-cloud-1.0.0.tar.gz"))
    for name, problems in found.items():
        monkeypatch.setattr(release_check, name, lambda *_arguments, problems=problems: problems)


def test_the_release_check_tells_of_all_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("_contents_problems", "import_problems", "disagreements", "unreleased", "uncommitted")
    prepare_checks(monkeypatch, {name: [f"1 {name}", f"2 {name}"] for name in names})

    def fail(_tarball: Path) -> list[str]:
        raise Failed("it can't be installed")

    monkeypatch.setattr(release_check, "_installation_problems", fail)
    with pytest.raises(Failed) as raised:
        release_check.release_check()
    told = [f"{number} {name}" for name in names for number in (1, 2)]
    assert sorted(str(raised.value).split("\n        ")) == sorted([*told, "it can't be installed"])


def test_the_release_check_passes_without_problems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("_contents_problems", "_installation_problems", "import_problems")
    prepare_checks(monkeypatch, {name: [] for name in (*names, "disagreements", "unreleased", "uncommitted")})
    release_check.release_check()
    assert capsys.readouterr().out.endswith("--- katapult-cloud-1.0.0.tar.gz can be released\n")


def test_what_is_in_no_commit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_check, "ROOT", tmp_path)
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    assert release_check.uncommitted() == []
    (tmp_path / "a.py").touch()
    (tmp_path / "b.py").touch()
    assert release_check.uncommitted() == ["not committed: a.py, b.py"]


def test_a_folder_of_unit_tests_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unit, "COLLECTION", tmp_path)
    monkeypatch.setenv("KATAPULT_UNIT_TESTS", "-q tests/unit/nosuch.py::test_a")
    with pytest.raises(Failed) as raised:
        unit.unit()
    assert str(raised.value) == "there is no tests/unit/nosuch.py"
