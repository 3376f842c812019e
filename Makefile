# The two commands of the README are `make run` and `make test`; both stand on `make setup`.
# Everything lands in .venv and in themes/default/static/vendor; Debian packages are listed in tools/setup.

PYTHON ?= python3
DATA ?= mam-data
PORT ?= 8080
BIN := .venv/bin

.PHONY: setup setup-test run test test-long lint bench screenshots image iso update appliance-test clean

setup:
	@PYTHON=$(PYTHON) tools/setup run

setup-test:
	@PYTHON=$(PYTHON) tools/setup test

run: setup
	@exec $(BIN)/mam up --data $(DATA) --port $(PORT)

test: setup-test
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered -n 2 --dist loadgroup

test-long: setup-test
	$(BIN)/python -m pytest -m long -s --timeout 1800

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup-test
	$(BIN)/python -m pytest -m benchmark -s -p no:cacheprovider --timeout 1800 tests/benchmarks tests/browser

image: setup
	@appliance/build image

iso: setup
	@appliance/build iso

update: iso
	@appliance/build update

appliance-test: setup-test image iso update
	$(BIN)/python -m pytest -m appliance -s --timeout 1800 tests/appliance

screenshots: setup-test
	MAM_SCREENSHOTS=1 $(BIN)/python -m pytest --timeout 300 tests/browser/test_screenshots.py

clean:
	rm -rf .venv themes/default/static/vendor themes/default/node_modules .pytest_cache .ruff_cache .mypy_cache
