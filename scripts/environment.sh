# Sourced by ./run and ./test from the checkout's root: `environment run` or `environment dev`
# makes .venv what requirements/run.txt or requirements/dev.txt says.

fail() {
    printf '%s: %s\n' "$0" "$1" >&2
    exit 1
}

# All that the environment depends on. The folder is part of it: the scripts in .venv/bin hold its path.
wanted() {
    pwd -P
    cat "requirements/$1.txt" requirements/uv.txt pyproject.toml
}

is_current() {
    [ -x .venv/bin/python ] && wanted "$1" | cmp -s - ".venv/noria-$1.lock"
}

find_python() {
    for candidate in "${NORIA_PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    found=$(python3 --version 2>&1) || found="no python3 at all"
    fail "Noria needs Python 3.11 or newer; here is $found.
Install one, or name one that stands elsewhere: NORIA_PYTHON=/path/to/python3.12 $0"
}

# An environment can be built on only if its last build here ended; else it is made anew.
make_venv() {
    if [ ! -e .venv/noria-unfinished ] && .venv/bin/python -c 'import pip' 2>/dev/null &&
        [ "$(sed -n 1p .venv/noria-folder 2>/dev/null || pwd -P)" = "$(pwd -P)" ]; then
        return
    fi
    python=$(find_python) || exit 1
    "$python" -m venv --clear .venv || fail "python -m venv failed.
Debian and Ubuntu have it in a package of its own: apt install python3-venv"
}

environment() {
    if is_current "$1"; then
        return
    fi
    printf 'Making .venv from requirements/%s.txt: once, about a minute.\n' "$1" >&2
    make_venv
    touch .venv/noria-unfinished
    pwd -P > .venv/noria-folder
    rm -f .venv/noria-*.lock
    what_now="The lines above tell why. Is there a network? What stands in .venv is repaired by the next $0."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r requirements/uv.txt || fail "pip could not install uv. $what_now"
    .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode \
        "requirements/$1.txt" || fail "uv could not install what Noria needs. $what_now"
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --offline \
        --editable . || fail "uv could not install Noria itself. $what_now"
    .venv/bin/python -m compileall -q src # the packages are compiled by now; without our own the start is slow
    # dev holds everything of run, in the same versions.
    [ "$1" = run ] || wanted run > .venv/noria-run.lock
    wanted "$1" > ".venv/noria-$1.lock"
    rm -f .venv/noria-unfinished
}
