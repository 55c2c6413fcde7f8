# A machine with python3, git and make is enough: the rest is fetched into .tools and .venv.

UV := .tools/uv
PYTHON := .venv/bin/python

# Without a home to write to, uv keeps its cache here.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export UV_CACHE_DIR := $(CURDIR)/.tools/cache
export UV_PYTHON_INSTALL_DIR := $(CURDIR)/.tools/python
endif

# As pip does: the machine's own certificates count, a company's among them.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS := true
endif

# Starting takes four times as long where each process has to compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

# Three for two cores, since many tests wait for processes and for time to pass. Each has a database of its own; the
# tests of one file share what they have set up. tests/conftest.py says which files begin first.
PARALLEL := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3 / 2) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: setup run test packages check lint bench

setup: $(UV)
	@$(UV) sync --locked --quiet

$(UV): scripts/get_uv.py
	@python3 scripts/get_uv.py
	@touch $@

run: setup
	@exec $(PYTHON) manage.py serve --demo

test: setup
	@$(MAKE) --no-print-directory -j 2 packages lint
	$(PYTHON) -m pytest $(PARALLEL) -m "not alone"
	$(PYTHON) -m pytest -m alone

packages:
	@scripts/system-packages

# What to run before every commit: without pages that are made to keep a parser busy.
check: setup lint
	$(PYTHON) -m pytest $(PARALLEL) -m "not slow and not alone" tests/unit tests/web -q

lint:
	.venv/bin/ruff check --quiet .
	.venv/bin/ruff format --quiet --check .
	.venv/bin/djade --check --target-version 6.1 $(shell find templates -name '*.html')
	.venv/bin/djlint --lint --quiet templates
	.venv/bin/mypy --num-workers auto .
	.venv/bin/lint-imports --no-cache > .tools/lint-imports.log || (cat .tools/lint-imports.log; exit 1)

bench: setup
	@$(UV) sync --locked --quiet --group bench # The tools that are compared with.
	$(PYTHON) manage.py bench engine
	$(PYTHON) manage.py bench intake --items 1000000
	$(PYTHON) manage.py bench sitemaps
	$(PYTHON) manage.py bench extract
