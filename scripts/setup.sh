#!/usr/bin/env bash
# Makes .venv from requirements.lock. Runs a candidate interpreter rather than looks for its name: a name may be a shim
# with no Python behind it. `.venv/ready` is written last, so that an interrupted set-up is made again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'leancity: %s\n' "$*" >&2; }

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || say "only Linux on x86-64 is supported and tested; going on"

free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
if [ "$free_mb" -lt 1500 ]; then say "not enough disk here: ${free_mb} MB free, 1500 MB are needed"; exit 1; fi

fits='import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 12)))'
python= ; unfit=
for candidate in ${PYTHON:-python3.12 python3.11 python3 python}; do
    if ! "$candidate" -c "$fits" >/dev/null 2>&1; then continue; fi
    if "$candidate" -c 'import venv, ensurepip' >/dev/null 2>&1; then python=$candidate; break; fi
    unfit=$candidate
done
if [ -z "$python" ]; then
    if [ -n "$unfit" ]; then
        version=$("$unfit" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "$unfit has no venv: install the package python$version-venv"
    else
        say "Python 3.11 or 3.12 with venv is needed (PYTHON=/path/to/python names one)"
    fi
    exit 1
fi

fingerprint=$(cat requirements.lock | sha256sum | cut -c1-16)
if [ ! -x .venv/bin/python ] || [ "$(cat .venv/lock-fingerprint 2>/dev/null)" != "$fingerprint" ]; then
    say "installing the locked dependencies into .venv (about a minute)"
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    printf '%s' "$fingerprint" > .venv/lock-fingerprint
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
touch .venv/ready
