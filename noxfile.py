# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# /// script
# dependencies = ["nox", "antsibull-nox"]
# ///

"""Development sessions of katapult.cloud. Run all that must pass with nox, and one with nox -s NAME.

Words after -- go to the tool of the session: nox -s units -- tests/unit/plugins -k create.
All that sessions make lies in .build/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import antsibull_nox
import nox
from antsibull_nox.ansible import get_ansible_core_info
from antsibull_nox.utils import Version

nox.needs_version = ">=2026.8"
nox.options.envdir = ".build/nox"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
CHECKS = ("lint", "typing", "docs-check", "license-check", "extra-checks", "docs")
nox.options.sessions = [*CHECKS, "sanity", "integration", "units"]

ROOT = Path(__file__).parent
BUILD = ROOT / ".build"
HOME = BUILD / "home"
PINS = ROOT / "dev" / "constraints.txt"
#: The oldest Python and the oldest requests on which a module runs.
MODULE_PYTHON = "3.9"
MODULE_REQUESTS = "2.25.1"
#: Every supported ansible-core with its last number. antsibull-nox knows which Pythons it takes.
CORES = {"2.16": "19", "2.17": "14", "2.18": "19", "2.19": "14", "2.20": "10", "2.21": "5"}
#: The folders of tests/unit that depend on ansible-core, and what leaves out those tests that run Ansible itself.
CORE_TESTS = ("plugins", "functional", "fuzz", "docs", "awx", "roles")
WITH_ANSIBLE = (
    "plugins/inventory",
    "plugins/plugin_utils",
    "functional/test_kept_connections.py",
    "functional/test_progress.py",
    "functional/test_same_results.py",
    "fuzz/test_odd_templates.py",
)
WITHOUT_ANSIBLE = [f"--ignore=tests/unit/{path}" for path in WITH_ANSIBLE]
#: What unit tests need beside ansible-core.
TEST_PACKAGES = ("-r", "tests/unit/requirements.txt", "pytest", "pytest-xdist")

# Nothing of the caller's own settings changes what is tested.
KEPT = {name: os.environ[name] for name in ("KATAPULT_RECORDINGS", "KATAPULT_ODD_EXAMPLES") if name in os.environ}
for variable in list(os.environ):
    if re.match(r"(ANSIBLE|GALAXY|GIT|KATAPULT|MYPY|PYTEST|RUFF)_|PYTHON(PATH|HOME)$", variable):
        del os.environ[variable]
if "KATAPULT_RECORDINGS" in KEPT:
    KEPT["KATAPULT_RECORDINGS"] = os.path.abspath(KEPT["KATAPULT_RECORDINGS"])
os.environ.update(KEPT, LC_ALL="C.UTF-8")
# pyenv's stand-ins run only for the versions that are selected: the interpreters themselves come before them.
for folder in os.environ["PATH"].split(os.pathsep):
    if folder.endswith("/.pyenv/shims"):
        interpreters = map(str, sorted(Path(folder).parent.glob("versions/*/bin")))
        os.environ["PATH"] = os.environ["PATH"].replace(folder, os.pathsep.join([*interpreters, folder]))
# Whatever ends nox ends what it has started.
signal.signal(signal.SIGTERM, signal.default_int_handler)

antsibull_nox.load_antsibull_nox_toml()


def install(session: nox.Session, *packages: str) -> None:
    """Install packages in the releases that are pinned."""
    session.install("-c", str(PINS), *packages)


@contextmanager
def collection(session: nox.Session) -> Iterator[Path]:
    """Go to a copy of the checkout that lies where Ansible's tools want it: ansible_collections/katapult/cloud."""
    place = BUILD / session.name
    copy, kept = place / "ansible_collections" / "katapult" / "cloud", place / "output"
    if (copy / "tests" / "output").exists():
        (copy / "tests" / "output").replace(kept)  # has the environments that ansible-test made
    shutil.rmtree(copy, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in listed.split("\0"):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    if kept.exists():
        kept.replace(copy / "tests" / "output")
    # The tools ask git which files count, and would find the checkout, which ignores .build/.
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    HOME.mkdir(exist_ok=True)
    session.env.update(HOME=str(HOME), ANSIBLE_COLLECTIONS_PATH=str(place), MYPYPATH=str(place), PYTHONPATH=str(place))
    with session.chdir(copy):
        yield copy


@contextmanager
def simulator(session: nox.Session, *options: str) -> Iterator[dict[str, str]]:
    """Start a simulated Katapult; the variables with which the modules use it."""
    command = [str(Path(session.bin) / "python"), "-m", "simulator", *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url:
                session.error("the simulator did not start")
            yield {
                "KATAPULT_API_URL": url,
                "KATAPULT_API_TOKEN": "simulator-token",
                "KATAPULT_ORGANIZATION": "acme",
            }
        finally:
            process.terminate()


# Checks


@nox.session
def lint(session: nox.Session) -> None:
    """Format, style, playbooks, changelog, and what GitHub reads."""
    install(session, "ansible-core", "ansible-lint", "antsibull-changelog", "check-jsonschema", "ruff")
    run_ruff(session)
    forms = Path(".github/ISSUE_TEMPLATE")
    schema = ("check-jsonschema", "--builtin-schema")
    session.run(*schema, "vendor.github-workflows", *map(str, Path(".github/workflows").glob("*.yml")))
    session.run(*schema, "vendor.github-issue-config", str(forms / "config.yml"))
    session.run(*schema, "vendor.github-issue-forms", *(str(path) for path in forms.glob("[!c]*.yml")))
    session.run("antsibull-changelog", "lint")
    session.run("antsibull-changelog", "lint-changelog-yaml", "--strict", "changelogs/changelog.yaml")
    with collection(session):
        session.run("ansible-lint", "--offline", "--profile", "production")


@nox.session(name="format", default=False)
def format_code(session: nox.Session) -> None:
    """Format the code, and mend what ruff can mend."""
    install(session, "ruff")
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Strict mypy: modules as the oldest Python reads them, all else as this one does."""
    install_for_typing(session)
    run_mypy(session)


@nox.session(default=False)
def quick(session: nox.Session) -> None:
    """In a minute: format, style, types, and the unit tests of the plugins that run no Ansible."""
    install(session, "ruff")
    install_for_typing(session)
    run_ruff(session)
    run_mypy(session)
    run_pytest(session, "tests/unit/plugins", *WITHOUT_ANSIBLE, *session.posargs)


def run_ruff(session: nox.Session) -> None:
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", "--diff", ".")


def install_for_typing(session: nox.Session) -> None:
    stubs = ("types-PyYAML", "types-requests")
    install(session, "ansible-core", "antsibull-nox", "mypy", "nox", "sphinx", *stubs, *TEST_PACKAGES)


def run_mypy(session: nox.Session) -> None:
    with collection(session) as copy, session.chdir(BUILD / session.name):
        name = str(copy.relative_to(BUILD / session.name))
        mypy = ("mypy", "--config-file", f"{name}/pyproject.toml", "--cache-dir", "mypy")
        on_controller = "plugins/(action|inventory|plugin_utils)/"
        session.run(*mypy, "--python-version", MODULE_PYTHON, "--exclude", on_controller, f"{name}/plugins")
        others = ("plugins/action", "plugins/inventory", "tests", "dev", "docs/site", "noxfile.py")
        session.run(*mypy, *(f"{name}/{part}" for part in others))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site into .build/docs/html, without a link that leads nowhere."""
    install(session, "ansible-core", "antsibull-docs", "sphinx", "sphinx-ansible-theme")
    pages, html = BUILD / "docs" / "rst", BUILD / "docs" / "html"
    for folder in (pages, html):
        shutil.rmtree(folder, ignore_errors=True)
    with collection(session):
        pages.mkdir(mode=0o755)  # antsibull-docs writes only where nobody else can
        options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(pages))
        session.run(
            "antsibull-docs", "--config-file", "docs/site/antsibull-docs.cfg", "collection", *options, "katapult.cloud"
        )
        session.run(
            "sphinx-build", "-b", "html", "-c", "docs/site", "-W", "--keep-going", "--quiet", str(pages), str(html)
        )
        session.run("python", "docs/site/check_links.py", str(html))


# Tests


@nox.session
def units(session: nox.Session) -> None:
    """All unit tests, or those that are named: nox -s units -- tests/unit/docs."""
    install(session, "ansible-core", "ansible-builder", *TEST_PACKAGES)
    # Why tests are skipped is said.
    run_pytest(session, "--durations=20", "-rfEs", *(session.posargs or ["tests/unit"]))


def run_pytest(session: nox.Session, *words: str) -> None:
    """Run tests in the copy, most of which wait for something rather than compute."""
    workers = str(min(2 * (os.cpu_count() or 1), 16))
    with collection(session), TemporaryDirectory(prefix="katapult-") as temporary:
        caches = {"HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / session.name / "hypothesis"), "TMPDIR": temporary}
        session.run("pytest", "-n", workers, *words, env=caches)


@nox.session
def sanity(session: nox.Session) -> None:
    """All sanity tests of ansible-test, without ignores."""
    install(session, "ansible-core")
    run_sanity(session)


@nox.session
def integration(session: nox.Session) -> None:
    """The integration targets against the simulator, or those that are named: nox -s integration -- katapult_disk."""
    install(session, "ansible-core", *TEST_PACKAGES)
    run_integration(session)


def run_sanity(session: nox.Session) -> None:
    if ignores := sorted(map(str, Path("tests/sanity").glob("ignore*"))):
        session.error(f"this collection has no ignored sanity tests: remove {', '.join(ignores)}")
    with collection(session):
        reports = Path("tests/output/junit")
        shutil.rmtree(reports, ignore_errors=True)
        run_ansible_test(session, "sanity", "--junit", *session.posargs)
        if not list(reports.glob("*")):
            session.error("ansible-test ran no sanity test")


def run_integration(session: nox.Session, *options: str, constraint: str = "") -> None:
    with collection(session), simulator(session) as variables:
        config = {name.lower(): value for name, value in variables.items()}
        Path("tests/integration/integration_config.yml").write_text(json.dumps(config), encoding="utf-8")
        Path("tests/integration/constraints.txt").write_text(f"{constraint}\n", encoding="utf-8")
        results = Path("tests/output/data")
        shutil.rmtree(results, ignore_errors=True)
        run_ansible_test(session, "integration", *options, *session.posargs)
        [result] = results.glob("*.json")
        left_out = set(session.posargs or os.listdir("tests/integration/targets"))
        left_out -= json.loads(result.read_text(encoding="utf-8"))["targets"].keys()
        if left_out:
            session.error(f"ansible-test left out the targets {', '.join(sorted(left_out))}")


def run_ansible_test(session: nox.Session, *words: str) -> None:
    """Run ansible-test in the copy."""
    prepare_pip = ("python", str(ROOT / "dev" / "ansible_test_pip.py"), str(HOME))
    session.run(*prepare_pip, env={"HOME": os.environ["HOME"]}, silent=True)
    session.run("ansible-test", *words)


# The collection in use


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Install the collection, and run examples/create_disk.yml twice against a simulated Katapult."""
    install(session, "ansible-core", "flask", "requests")
    tarball = build_tarball(session, BUILD / "demo")
    install_tarball(session, tarball, BUILD / "demo" / "collections")
    with simulator(session) as variables:
        session.env.update(variables, ANSIBLE_LOCALHOST_WARNING="false", ANSIBLE_INVENTORY_UNPARSED_WARNING="false")
        session.log("The environment has " + " ".join(f"{name}={value}" for name, value in variables.items()))
        playbook = ("ansible-playbook", "examples/create_disk.yml")
        expect(session, r"^localhost +: .*changed=1 .*failed=0 ", *playbook)
        session.log("Once more: the disk is there, nothing changes.")
        expect(session, r"^localhost +: .*changed=0 .*failed=0 ", *playbook)
        session.log("The same module, ad hoc.")
        options = "name=data-02 size_in_gb=20 data_center=uk-lon-01"
        expect(
            session,
            r"^localhost \| CHANGED",
            "ansible",
            "localhost",
            "-m",
            "katapult.cloud.katapult_disk",
            "-a",
            options,
        )


def expect(session: nox.Session, pattern: str, *command: str) -> None:
    """Run a command, show what it prints, and look for a line in it."""
    output = str(session.run(*command, silent=True))
    print(output, flush=True)
    if not re.search(pattern, output, re.MULTILINE):
        session.error(f"the output has no line like {pattern}")


@nox.session(name="simulator", default=False)
def serve(session: nox.Session) -> None:
    """A simulated Katapult to try playbooks against: nox -s simulator -- --seed seed.json --port 8080."""
    install(session, "cryptography", "flask")
    options = ("--lifetime", "28800", "--build-seconds", "3", "--small-world", *session.posargs)
    with simulator(session, *options) as variables:
        print("A simulated Katapult listens. In the shell where you run your playbooks:\n")
        print("\n".join(f"export {name}={value}" for name, value in variables.items()))
        print("\nCtrl-C ends it; otherwise it ends after 8 hours.", flush=True)
        with suppress(KeyboardInterrupt):
            time.sleep(28800)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time, requests and memory against a simulator, in 10 minutes; a part: nox -s bench -- floor one. Not a test."""
    install(session, "ansible-core", "flask", "requests")
    limit = ["--rate-limit=100"] if "limit" in session.posargs else []
    latency, certificate = ("--build-seconds=3", "--latency=0.05"), str(BUILD / "bench.pem")
    with (
        collection(session),
        simulator(session, *latency, *limit) as variables,
        simulator(session) as without_latency,
        simulator(session, *latency, "--tls", certificate) as tls,
    ):
        session.env.update(variables, ANSIBLE_LOCALHOST_WARNING="false", ANSIBLE_INVENTORY_UNPARSED_WARNING="false")
        url = "KATAPULT_API_URL"
        session.env.update({f"{url}_WITHOUT_LATENCY": without_latency[url], f"{url}_TLS": tls[url]})
        # For the modules, and for the benchmark itself.
        session.env.update(REQUESTS_CA_BUNDLE=certificate, SSL_CERT_FILE=certificate)
        session.run("python", "-m", "ansible_collections.katapult.cloud.dev.bench", *session.posargs)


# Releases


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """The tarball of a release, in .build/release/."""
    install(session, "ansible-core")
    session.log(str(build_tarball(session, BUILD / "release").relative_to(ROOT)))


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Whether the collection can be released: the tarball as Galaxy and its users meet it, and that nothing is left."""
    install(session, "ansible-core", "galaxy-importer", "requests")
    tarball = build_tarball(session, BUILD / "release")
    with TemporaryDirectory() as home, session.chdir(home):
        session.env.update(HOME=home, ANSIBLE_COLLECTIONS_PATH=home, ANSIBLE_NOCOLOR="1")
        install_tarball(session, tarball, Path(home))
        session.run("ansible-galaxy", "collection", "verify", "--offline", "katapult.cloud")
        modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
        without_warnings(session, "ansible-doc", *(f"katapult.cloud.{module}" for module in modules))
        without_warnings(session, "ansible-doc", "-t", "inventory", "katapult.cloud.katapult")
        session.env["GALAXY_IMPORTER_CONFIG"] = str(ROOT / "dev" / "galaxy-importer.cfg")
        without_warnings(session, "python", "-m", "galaxy_importer.main", str(tarball))
        found = json.loads(Path("importer_result.json").read_text(encoding="utf-8"))["docs_blob"]["contents"]
        strings = {content["content_name"]: content["doc_strings"] or {} for content in found}
        for module in modules:
            if not all(strings[module].get(part) for part in ("doc", "examples", "return")):
                session.error(f"galaxy-importer finds no documentation of {module}")
    released = f"\nv{version()}\n" in Path("CHANGELOG.rst").read_text(encoding="utf-8")
    left = [str(path) for path in Path("changelogs/fragments").glob("*.y*ml")]
    if left or not released:
        session.error(f"nox -s changelog moves what is new into the changelog of {version()}: {' '.join(left)}")
    if changed := subprocess.run(["git", "status", "--short"], check=True, stdout=subprocess.PIPE, text=True).stdout:
        session.error(f"not committed:\n{changed}")


def without_warnings(session: nox.Session, *command: str) -> None:
    """Run a command that has to warn of nothing."""
    output = str(session.run(*command, silent=True))
    if warnings := re.findall(r"^\[?(?:DEPRECATION )?(?:WARNING|ERROR|CRITICAL)\b.*", output, re.MULTILINE):
        session.error("\n".join(warnings))


def version() -> str:
    """The version of the collection."""
    return str(re.findall(r"^version: (.+)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)[0])


def build_tarball(session: nox.Session, folder: Path) -> Path:
    """Build the tarball, the only one in the folder."""
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    with collection(session):
        session.run("ansible-galaxy", "collection", "build", "--output-path", str(folder), silent=True)
    return folder / f"katapult-cloud-{version()}.tar.gz"


def install_tarball(session: nox.Session, tarball: Path, collections: Path) -> None:
    """Install the tarball into a folder of collections, without the network."""
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    options = ("--collections-path", str(collections), "--force", "--offline")
    session.run("ansible-galaxy", "collection", "install", str(tarball), *options, silent=True)


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Move the fragments into the changelog of the version that galaxy.yml names; again, while it is not released."""
    install(session, "ansible-core", "antsibull-changelog", "requests")
    session.run("antsibull-changelog", "release", "--update-existing", "--reload-plugins")


@nox.session(name="error-codes", python=False, default=False)
def error_codes(session: nox.Session) -> None:
    """Write the page of error codes from the table in plugins/module_utils/_core/errors.py."""
    session.run("python3", "dev/error_codes.py")


@nox.session(default=False)
def hooks(session: nox.Session) -> None:
    """Have git check what you commit and push."""
    install(session, "pre-commit")
    session.run("pre-commit", "install", "--hook-type", "pre-commit", "--hook-type", "pre-push")


# The same with every supported ansible-core, and every Python that it takes on the machines that are managed


def add_sessions_of(core: str) -> None:
    """Add the sessions of an ansible-core: its sanity tests, and the others on each Python."""
    known = get_ansible_core_info(Version.parse(core))
    controllers = [str(python) for python in known.controller_python_versions]
    # The oldest Python of the control node that is there or the newest, in turns from core to core.
    turn = list(CORES).index(core) % 2
    controller = ([python for python in controllers if shutil.which(f"python{python}")] or controllers)[-turn]

    @nox.session(name=f"sanity-{core}", python=controller, tags=["matrix", core], default=False)
    def sanity_of_core(session: nox.Session) -> None:
        session.install(core_package(core))
        run_sanity(session)

    sanity_of_core.__doc__ = f"Sanity tests of ansible-core {core}."
    for python in map(str, known.remote_python_versions):
        if Version.parse(python) >= Version.parse(MODULE_PYTHON):
            # The oldest requests in one, the newest in the other, and the other way round in the next core.
            oldest = f"requests=={MODULE_REQUESTS}"
            add_units(core, python, controller, "requests" if turn else oldest)
            add_integration(core, python, controller, oldest if turn else "requests")


def add_units(core: str, python: str, controller: str, requests: str) -> None:
    """Add the unit tests with ansible-test, and those of what users rely on where only modules run."""
    tags = ["matrix", core]

    @nox.session(name=f"units-{core}-py{python}", python=controller, tags=tags, default=False)
    def units_of_pair(session: nox.Session) -> None:
        prepare_pair(session, core, python)
        with collection(session):
            Path("tests/unit/constraints.txt").write_text(f"{requests}\n", encoding="utf-8")
            parts = CORE_TESTS if python == controller else ("plugins",)
            chosen = session.posargs or [f"tests/unit/{part}/" for part in parts]
            run_ansible_test(session, "units", "--target-python", f"venv/{python}", "--requirements", *chosen)

    @nox.session(name=f"functional-{core}-py{python}", python=python, tags=tags, default=False)
    def functional_of_pair(session: nox.Session) -> None:
        install(session, *TEST_PACKAGES)
        chosen = ["tests/unit/functional", "tests/unit/fuzz"]
        if python == controller:
            # ansible-test runs the tests of modules without the action plugins.
            session.install(core_package(core), requests)
            chosen.append("tests/unit/plugins/modules")
        else:
            # Of ansible-core a module imports only what is sent with it, which runs on more Pythons than the rest.
            session.install("--no-deps", "--ignore-requires-python", core_package(core))
            session.install(requests)
            chosen += WITHOUT_ANSIBLE
        run_pytest(session, *(session.posargs or chosen))

    units_of_pair.__doc__ = f"Unit tests with ansible-core {core}, where modules run on Python {python}."
    functional_of_pair.__doc__ = f"What users rely on, with ansible-core {core} on Python {python}."


def add_integration(core: str, python: str, controller: str, requests: str) -> None:
    """Add the integration targets with ansible-test."""

    @nox.session(name=f"integration-{core}-py{python}", python=controller, tags=["matrix", core], default=False)
    def integration_of_pair(session: nox.Session) -> None:
        prepare_pair(session, core, python)
        run_integration(session, "--venv", "--python", python, "--requirements", constraint=requests)

    integration_of_pair.__doc__ = f"Integration targets with ansible-core {core}, where modules run on Python {python}."


def prepare_pair(session: nox.Session, core: str, python: str) -> None:
    """Install an ansible-core beside what the simulator needs; skip the session without the Python of the modules."""
    if not shutil.which(f"python{python}"):
        session.skip(f"Python {python} is not found")
    session.install(core_package(core), "flask", "requests")


def core_package(core: str) -> str:
    return f"ansible-core=={core}.{CORES[core]}"


for _core in CORES:
    add_sessions_of(_core)
