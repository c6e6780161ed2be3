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

# The command line reference, from the program itself.
docs:
    #!/usr/bin/env bash
    set -euo pipefail
    mkdir -p docs/reference
    {
        printf '# Command line\n\nWritten by `just docs` from the program itself.\n'
        for verb in "" inspect plan move verify server "server psql"; do
            printf '\n## outgrow %s\n\n```\n' "$verb"
            COLUMNS=80 outgrow $verb --help
            printf '```\n'
        done
    } > docs/reference/cli.md
