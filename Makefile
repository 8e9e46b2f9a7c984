# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Needs python3 (3.11 or newer) and make. Everything else is installed into .build/.

PYTHON ?= python3
IN_VENV = .build/venv/bin/python

# What the command line of make sets, quoted: a variable of the caller's environment may have such a name by chance.
given = $(if $(filter command,$(origin $(1))),$($(1)))
option = $(if $(call given,$(2)),$(1) '$(subst ','\'',$(call given,$(2)))')

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo simulator test unit sanity integration lint docs matrix matrix-list bench bench-limit startup build \
	changelog release-check hooks venv clean

help:
	@echo "make demo         run examples/create_disk.yml twice against a simulated service"
	@echo "make simulator    a simulated service to try playbooks against, until Ctrl-C (SEED=file.json: what is there)"
	@echo "make test         lint, docs, sanity, integration and unit: everything that must pass"
	@echo "make unit         pytest on tests/unit (ONLY=tests/unit/plugins: a part)"
	@echo "make sanity       ansible-test sanity, without ignores"
	@echo "make integration  ansible-test integration against the simulator"
	@echo "make lint         ansible-lint, ruff, mypy, antsibull-docs, antsibull-changelog"
	@echo "make docs         the documentation site, in .build/docs/html/"
	@echo "make matrix       unit, sanity and integration with every ansible-core, Python and requests that is supported:"
	@echo "                  an hour (CORES=2.16,2.21 PYTHONS=3.9 PARTS=unit,sanity JOBS=2: a part); make matrix-list lists it"
	@echo "make bench        time and requests against a simulated service, in 10 minutes at most (ONLY=loop,floor: a part)"
	@echo "make bench-limit  200 disks where a service permits 100 requests a minute: some minutes"
	@echo "make startup      what the process of one unchanged katapult_disk spends its time on, against ping"
	@echo "make build        the release tarball, in .build/release/"
	@echo "make changelog    moves the fragments into the changelog of the version that galaxy.yml names"
	@echo "make release-check  the tarball as Galaxy and its users meet it, and whether version, changelog and docs agree"
	@echo "make hooks        have git check what you commit and push"
	@echo "make clean        remove .build/"

# Cheap when nothing changed: it compares the pins and the Python version with those of the last run.
venv:
	@$(PYTHON) -m dev.bootstrap

test: export KATAPULT_UNIT_TESTS =
test: venv
	@$(IN_VENV) -m dev.check lint docs sanity integration unit

unit: export KATAPULT_UNIT_TESTS = $(call given,ONLY)
unit sanity integration lint docs: venv
	@$(IN_VENV) -m dev.check $@

# Results of earlier runs stay in .build/matrix/results.md beside those of a part.
MATRIX = $(call option,--cores,CORES) $(call option,--pythons,PYTHONS) $(call option,--parts,PARTS) \
	$(call option,--jobs,JOBS)

matrix: venv
	@$(IN_VENV) -m dev.matrix $(MATRIX)

matrix-list: venv
	@$(IN_VENV) -m dev.matrix --list $(MATRIX)

demo: venv
	@$(IN_VENV) -m dev.demo

simulator: venv
	@$(IN_VENV) -m dev.serve $(call option,--seed,SEED)

# Not part of the tests: how long something takes depends on what else the machine does.
bench: venv
	@$(IN_VENV) -m dev.bench $(call option,--only,ONLY)

bench-limit: venv
	@$(IN_VENV) -m dev.bench_limit

startup: venv
	@$(IN_VENV) -m dev.startup

build: venv
	@$(IN_VENV) -m dev.release

changelog: venv
	@$(IN_VENV) -m dev.changelog

release-check: venv
	@$(IN_VENV) -m dev.release_check

hooks: venv
	@.build/venv/bin/pre-commit install --hook-type pre-commit --hook-type pre-push

clean:
	rm -rf .build
