# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The front door to noxfile.py. It needs python3 (3.11 or newer) and git; all else is installed into .build/.
PYTHON ?= python3
NOX = .build/venv/bin/nox
SESSIONS = bench build changelog demo docs error-codes format hooks integration lint quick release sanity typing units
# A variable counts if it is set on the command line: the environment may have one of that name by chance.
option = $(if $(filter command,$(origin $(2))),$(1) '$(subst ','\'',$($(2)))')

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help nox test simulator clean $(SESSIONS)
help: $(NOX)
	@$(NOX) --list | grep -v '\[matrix'
	@echo "make test runs those with *, and make NAME one of: simulator $(SESSIONS)"
	@echo "With every ansible-core and Python: $(NOX) --list -t matrix"
nox: $(NOX)
test: $(NOX)
	@$(NOX)
$(SESSIONS): $(NOX)
	@$(NOX) -s $@ -- $(if $(filter command,$(origin ARGS)),$(ARGS))
simulator: $(NOX)
	@$(NOX) -s $@ -- $(call option,--seed,SEED) $(call option,--port,PORT) $(call option,--tls,TLS)
$(NOX): dev/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .build/venv && .build/venv/bin/pip install -qq -c dev/constraints.txt nox antsibull-nox
	@touch $@
clean:
	rm -rf .build
