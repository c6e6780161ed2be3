# What a person types; `just` alone lists it. Everything here works without just, too.

_default:
    @just --list

# Exactly what CI runs, in an environment of its own.
check:
    .ci/run

# The tests on the embedded PostgreSQL, or on the server of OUTGROW_TEST_URL.
test *args:
    python3 -m pytest {{args}}

# Layout and the findings that ruff can mend.
fmt:
    ruff check --fix
    ruff format

# The generated parts of the docs, from the program itself.
docs:
    python3 docs/generate.py
