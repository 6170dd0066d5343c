# Two targets do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test model clean

demo: $(VENV)/.installed
	$(BIN)/policyclf label --format table --lang en examples/
	@mkdir -p build
	@$(BIN)/policyclf label --html build/demo.html examples/
	@echo "The same as a page, to open in a browser: build/demo.html"

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest
	POLICYCLF_COMPILED=0 $(BIN)/pytest tests/features tests/test_scoring.py tests/test_labeling.py

# Retrain the shipped model. Its card carries figures on real text where that is at hand.
model: $(VENV)/.installed
	$(BIN)/policyclf train labels -o models/policyclf-zh \
	    --about "Every text was written and labelled for this corpus by language models; no sentence is of a real document, and year and province say what a document pretends to be." \
	    --about-gold "Real documents. Two language models of one kind coded them by the codebook, so the figures say how far the model agrees with such coders, not with people. The segments were not drawn at random, and half of the training text was written with their kinds of documents and errors in view: expect less on other text." \
	    $(if $(wildcard ../shared/real/gold_dev.jsonl),--gold ../shared/real/gold_dev.jsonl)

$(VENV)/.installed: pyproject.toml hatch_build.py policyclf/features/loops.c
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable ".[docs]" --group dev
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis policyclf/features/loops.so
