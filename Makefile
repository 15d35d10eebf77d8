# Every command a person or CI runs. `make` alone lists them.
#
# make folds every failure into its own exit code 2. Where the verdict's own code matters
# (0 pass, 1 regression, 2 usage, 3 inconclusive, 4 invalid, 130 interrupted), call what the
# target calls: .venv/bin/versus COMMAND.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
V := .venv/bin
export UV_PYTHON_DOWNLOADS := never
# The machine's own certificate authorities count, as they do for pip and npm.
export UV_SYSTEM_CERTS := 1
export PYTHONDONTWRITEBYTECODE :=

# When make itself is killed, what it started must not live on (Linux; elsewhere Ctrl-C does it).
DIE_WITH_MAKE := $(shell setpriv --pdeathsig TERM /bin/sh -c : 2>/dev/null && echo setpriv --pdeathsig TERM)
VERSUS := $(DIE_WITH_MAKE) $(V)/versus

# PROFILE=smoke CONFIG=mine.toml VARIANTS=a,b SCENARIOS=x,y SEED=7
OPTIONS = $(if $(CONFIG),--config "$(CONFIG)") $(if $(PROFILE),--profile "$(PROFILE)") $(if $(VARIANTS),--variants "$(VARIANTS)") \
	$(if $(SCENARIOS),--scenarios "$(SCENARIOS)") $(if $(SEED),--seed "$(SEED)") $(if $(LINK),--link "$(LINK)") $(if $(REDACT),--redact)

##@ Measure

.PHONY: bench
bench: setup ## measure every scenario in every variant, print the table, write the report
	@exec $(VERSUS) bench $(OPTIONS) $(if $(HISTORY),--history "$(HISTORY)")

.PHONY: load
load: setup ## measure latency under load and capacity in every variant, all scenarios at once
	@exec $(VERSUS) load $(OPTIONS) $(if $(PROCESSES),--processes "$(PROCESSES)") $(if $(WORKERS),--workers "$(WORKERS)") \
	  $(if $(BIND),--bind "$(BIND)") $(if $(PORT),--port "$(PORT)")

.PHONY: worker
worker: setup ## send load for a `make load WORKERS=n` on another machine, MASTER=host:port
	@exec $(VERSUS) worker --master "$(MASTER)"

.PHONY: suite
suite: setup ## measure a pytest-benchmark suite in two variants or revisions, SUITE=path A=name=value B=name=value
	@exec $(VERSUS) suite "$(SUITE)" $(if $(A),--before "$(A)") $(if $(B),--after "$(B)") \
	  $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(SEED),--seed "$(SEED)")

.PHONY: gate
gate: setup ## judge RUN (default: the latest) against its budgets; BASE=origin/main: measure HEAD against it first
ifneq ($(BASE),)
	@exec $(VERSUS) gate --base "$(BASE)" $(if $(CONFIG),--config "$(CONFIG)") $(if $(PROFILE),--profile "$(PROFILE)") \
	  $(if $(SCENARIOS),--scenarios "$(SCENARIOS)") $(if $(SEED),--seed "$(SEED)") $(if $(LINK),--link "$(LINK)") $(if $(REDACT),--redact) \
	  $(if $(HISTORY),--history "$(HISTORY)")
else
	@if test -d "$(RUN)"; then exec $(VERSUS) gate --run "$(RUN)"; fi; \
	  exec $(VERSUS) gate $(foreach run,$(RUN),--run "$(run)") $(if $(CONFIG),--config "$(CONFIG)")
endif

.PHONY: compare
compare: setup ## hold RUN_B against RUN_A, two runs that were measured at different times
	@exec $(VERSUS) compare $(if $(RUN_A),"$(RUN_A)") $(if $(RUN_B),"$(RUN_B)") $(if $(PAGE),--page "$(PAGE)")

.PHONY: history
history: setup ## draw how effects moved from run to run; HISTORY=folder or s3://bucket/prefix
	@exec $(VERSUS) history $(if $(HISTORY),--history "$(HISTORY)")

.PHONY: report
report: setup ## render the report of RUN again
	@exec $(VERSUS) report $(if $(RUN),--run "$(RUN)")

.PHONY: calibrate
calibrate: setup ## prove the harness on unchanged code and planted slowdowns; LIVE=40 for figures to publish; RUN=runs/..: on your service
	@exec $(VERSUS) calibrate $(if $(RUN),--run "$(RUN)") $(if $(SCENARIO),--scenario "$(SCENARIO)") $(if $(LIVE),--live "$(LIVE)") $(if $(EFFECTS),--effects "$(EFFECTS)") $(if $(SEED),--seed "$(SEED)")

.PHONY: long-runs
long-runs: setup ## measure time and memory for runs of 1 and 10 million samples; records docs/records/long_runs.json
	@exec $(DIE_WITH_MAKE) $(V)/python -m calibration.long_runs

.PHONY: doctor
doctor: setup ## say what on this machine will hurt a measurement, and what to do about it
	@exec $(VERSUS) doctor

.PHONY: serve
serve: setup ## start the stack and the reference service, print how to call it, run until Ctrl-C
	@exec $(VERSUS) serve $(if $(PORT),--port "$(PORT)") $(if $(SIZE),--size "$(SIZE)") $(if $(LINK),--link "$(LINK)")

##@ Develop

# What measures has the machine to itself; the rest shares it.
TOGETHER = $(DIE_WITH_MAKE) $(V)/python -m pytest -n 2 --dist loadfile --benchmark-disable
ALONE = $(DIE_WITH_MAKE) $(V)/python -m pytest

.PHONY: test
test: setup ## run the fast tests, or those that ARGS names
ifneq ($(ARGS),)
	@exec $(DIE_WITH_MAKE) $(V)/python -m pytest $(ARGS)
else
	@failed=0; $(TOGETHER) -m "not slow and not alone" || failed=$$?; \
	$(ALONE) -m "alone and not slow" || failed=$$?; exit $$failed
endif

.PHONY: check
check: lint type imports test-all ## what CI runs: format and lint, types, import contracts, all tests but the long ones

.PHONY: test-all
test-all: setup
	@failed=0; $(TOGETHER) --cov --cov-report= --cov-fail-under=0 -m "not alone and not long" || failed=$$?; \
	$(ALONE) --cov --cov-append -m "alone and not long" || failed=$$?; exit $$failed

.PHONY: test-long
test-long: setup ## run the tests that repeat at length what shorter ones show; before a release
	@exec $(ALONE) -m long

.PHONY: lint
lint: setup
	@$(V)/ruff format --check --quiet . || { echo "Formatting differs: run \`make fmt\`."; exit 1; }
	@$(V)/ruff check --quiet .

.PHONY: type
type: setup
	@$(V)/mypy

.PHONY: imports
imports: setup
	@said=$$($(V)/lint-imports 2>&1) || { echo "$$said"; exit 1; }

.PHONY: fmt
fmt: setup ## format the code and mend what lint can mend
	@$(V)/ruff format --quiet . && $(V)/ruff check --quiet --fix .

.PHONY: docs
docs: ## build the documentation as site/index.html; SOURCE=address of the code, where it is not beside it
	@$(MAKE) -q .tools/docs/.ok 2>/dev/null || $(LOCKED) $(MAKE) -s .tools/docs/.ok
	@exec .tools/docs/bin/python -m docs.site.build $(if $(SOURCE),"$(SOURCE)")

.PHONY: lock
lock: .venv/.boot ## resolve the dependencies of pyproject.toml anew into locks/
	@for name in boot node sbom; do $(LOCK) locks/$$name.in -o locks/$$name.lock; done
	@$(LOCK) --all-extras --group dev pyproject.toml -o locks/requirements.lock
	@$(LOCK) --constraint locks/requirements.lock pyproject.toml -o locks/core.lock
	@$(LOCK) --group docs -o locks/docs.lock
LOCK = $(V)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q

.PHONY: licences
licences: setup ## write docs/licences.md: the licences of all that is installed, by the packages' metadata
	@$(V)/python -m tests.licences >docs/licences.md.new && mv docs/licences.md.new docs/licences.md

# The tool has an environment of its own, so that it does not list itself.
.PHONY: sbom
sbom: setup .tools/sbom/.ok ## write bills of materials (CycloneDX) of all that is installed to sbom/
	@mkdir -p sbom
	@.tools/sbom/bin/cyclonedx-py environment --output-reproducible --short-PURLs --pyproject pyproject.toml --mc-type application \
	  -o sbom/python.json $(V)/python
	@command -v npm >/dev/null || { echo "sbom: npm is missing, which lists the packages of service/stack/npm. Install Node."; exit 1; }
	@cd service/stack/npm && npm sbom --sbom-format cyclonedx --package-lock-only >"$(CURDIR)/sbom/npm.json"

.tools/sbom/.ok: .venv/.boot locks/sbom.lock
	@$(V)/uv venv -q --clear --python $(V)/python .tools/sbom
	@$(V)/uv pip install -q --python .tools/sbom/bin/python --require-hashes --only-binary :all: -r locks/sbom.lock \
	  || { echo "setup: installing locks/sbom.lock failed, see above. Is the package registry reachable?"; exit 1; }
	@touch $@

.PHONY: clean
clean: ## remove set-up, seed data, site/ and stray files; runs/ stays
	@rm -rf .venv .tools .versus site .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo; echo "  PROFILE=smoke|default|full  CONFIG=versus.toml  VARIANTS=a,b  SCENARIOS=x,y  SEED=7  RUN=runs/..."; echo "  LINK=lan|region|wan|RTTms,Mbit  REDACT=1  PORT=8000  SIZE=small|medium|large  ARGS='pytest arguments'"; \
	echo "  load: PROCESSES=2, or WORKERS=2 BIND=0.0.0.0 PORT=5557 and on each other machine \`make worker MASTER=host:5557\`"; \
	echo "  gate: BASE=origin/main"; \
	echo "  suite: SUITE=benchmarks/bench_signing.py A=url_signing=sequential B=url_signing=thread_pool SECONDS=60, or A=rev:origin/main against the files as they are"; \
	echo "  calibrate: LIVE=40  EFFECTS=3,5,10, or RUN=runs/latest SCENARIO=canary"

# Set-up: each stamp is newer than what it was made from, so a second call does nothing. One at a
# time: two in one folder would tear at the same files. A folder that was moved is set up anew,
# because an environment's scripts hold its path.

# A tree without the reference service needs nothing of its stack.
READY = .venv/.ok $(if $(wildcard service/stack/npm),.tools/.ok)
ifneq ($(shell cat .venv/.at 2>/dev/null),$(CURDIR))
$(shell rm -f .venv/.boot)
endif
LOCKED := $(shell command -v flock >/dev/null && echo flock .setup.lock)

.PHONY: setup
setup:
	@$(MAKE) -q $(READY) 2>/dev/null || $(LOCKED) $(MAKE) -s $(READY)

# Without a home to write to, caches go beside the tools.
writable_home := $(shell test -w "$$HOME" && echo yes)
ifneq ($(writable_home),yes)
export UV_NO_CACHE := 1
export PIP_NO_CACHE_DIR := 1
export npm_config_cache := $(CURDIR)/.tools/npm-cache
endif

.venv/.boot: locks/boot.lock
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is missing. Install Python 3.11 or newer, or pass PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $$($(PYTHON) -V) is too old. Install Python 3.11 or newer, or pass PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "setup: $(PYTHON) has no venv module. On Debian and Ubuntu: apt install python3-venv."; exit 1; }
	@echo "setup: Python environment (.venv)"
	@$(PYTHON) -m venv --clear .venv
	@$(V)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r $< \
	  || { echo "setup: cannot install uv. Is a package registry reachable? Try: pip download uv"; exit 1; }
	@printf %s "$(CURDIR)" >.venv/.at
	@touch $@

# The program, for `make` and to be typed.
$(V)/versus: .venv/.boot
	@printf '%s\n' '#!/bin/sh' "'''exec' \"$(CURDIR)/$(V)/python\" \"\$$0\" \"\$$@\"" "' '''" 'import sys' '' \
	  'sys.path.insert(0, "$(CURDIR)")' 'from versus import run' '' 'run()' >$(V)/versus
	@chmod +x $(V)/versus

# Only what measuring, judging and the page need; `setup` has that, too.
.PHONY: core
core: .venv/.core
.venv/.core: .venv/.boot locks/core.lock $(V)/versus
	@test -e .venv/.ok || $(V)/uv pip sync -q --python $(V)/python --require-hashes --only-binary :all: locks/core.lock \
	  || { echo "setup: installing locks/core.lock failed, see above. Is the package registry reachable?"; exit 1; }
	@touch $@

.venv/.ok: .venv/.boot locks/requirements.lock $(V)/versus
	@echo "setup: packages (locks/requirements.lock)"
	@$(V)/uv pip sync -q --python $(V)/python --require-hashes --only-binary :all: locks/requirements.lock \
	  || { echo "setup: installing locks/requirements.lock failed, see above. Is the package registry reachable?"; exit 1; }
	@touch $@

.tools/docs/.ok: .venv/.boot locks/docs.lock
	@echo "setup: packages for the documentation (locks/docs.lock)"
	@$(V)/uv venv -q --clear --python $(V)/python .tools/docs
	@$(V)/uv pip sync -q --python .tools/docs/bin/python --require-hashes --only-binary :all: locks/docs.lock \
	  || { echo "setup: installing locks/docs.lock failed, see above. Is the package registry reachable?"; exit 1; }
	@touch $@

.tools/.ok: .venv/.ok service/stack/npm/package-lock.json service/stack/npm/install.sh locks/node.lock
	@sh service/stack/npm/install.sh
