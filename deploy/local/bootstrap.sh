#!/bin/sh
# Makes a bare Debian-like machine ready: `bootstrap.sh env` for the Python environment, `servers` for
# PostgreSQL, Java, Maven and curl as well. Does nothing when everything is there.
set -eu
cd "$(dirname "$0")/../.."

PYTHON=${PYTHON:-python3}
UV_VERSION=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/dev.in)

say() { printf '%s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

members() {
    for folder in libs/* services/* deploy/local contracts/tooling; do
        if [ -f "$folder/pyproject.toml" ]; then printf '%s\n' "$folder"; fi
    done
}

fingerprint() {
    { cat requirements/dev.lock; for member in $(members); do echo "$member"; cat "$member/pyproject.toml"; done; pwd; } | cksum
}

environment() {
    command -v "$PYTHON" >/dev/null || stop "Python 3.11 or newer is needed: install the packages python3 and python3-venv."
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        stop "Python 3.11 or newer is needed; $PYTHON is $("$PYTHON" -V 2>&1). Set PYTHON=<newer python> to use another."
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "Python's venv module is missing: install the package python3-venv."
    if [ -f .venv/.stamp ] && [ "$(cat .venv/.stamp)" = "$(fingerprint)" ]; then return; fi
    say "Making the Python environment in .venv …"
    [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
    # uv reads other variables than pip for the same thing.
    if [ -n "${PIP_CERT:-}" ] && [ -z "${SSL_CERT_FILE:-}" ]; then SSL_CERT_FILE=$PIP_CERT; export SSL_CERT_FILE; fi
    if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then UV_DEFAULT_INDEX=$PIP_INDEX_URL; export UV_DEFAULT_INDEX; fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" ||
        stop "The Python packages could not be fetched. Is the package index in reach?"
    .venv/bin/uv pip sync --quiet --python .venv/bin/python requirements/dev.lock ||
        stop "The Python packages could not be installed; the reason stands above."
    set --
    for member in $(members); do set -- "$@" -e "./$member"; done
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation "$@" ||
        stop "The services could not be installed into .venv; the reason stands above."
    fingerprint > .venv/.stamp
}

have_postgres() { command -v initdb >/dev/null || [ -n "${KONTOR_PG_BIN:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

have_java() {
    command -v java >/dev/null || return 1
    major=$(java -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ]
}

have_maven() { command -v mvn >/dev/null; }

servers() {
    # Servers given by address, or containers, need nothing installed here.
    if [ -n "${KONTOR_TEST_POSTGRES_URL:-}" ] && [ -n "${KONTOR_TEST_KAFKA_BOOTSTRAP:-}" ]; then return; fi
    packages=""
    have_postgres || packages="$packages postgresql"
    have_java || packages="$packages default-jre-headless"
    have_maven || packages="$packages maven"
    # For the lines to copy that `make run` prints, and for those of the guide, which are tested.
    command -v curl >/dev/null || packages="$packages curl"
    if [ -z "$packages" ]; then return; fi
    if ! command -v apt-get >/dev/null; then
        docker info >/dev/null 2>&1 && return
        stop "PostgreSQL's server, Java 17 or newer, Maven and curl are needed; missing:$packages. Install them with this system's package manager, or start Docker."
    fi
    if [ "$(id -u)" -eq 0 ]; then as_root=""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo"
    else
        docker info >/dev/null 2>&1 && return
        command="apt-get update && apt-get install -y --no-install-recommends$packages"
        if command -v sudo >/dev/null; then stop "Packages are missing; install them and run this again:

    sudo sh -c '$command'"; fi
        stop "Packages are missing; have root install them and run this again:

    $command"
    fi
    say "Installing the distribution's packages:$packages …"
    # The packaged default cluster is not needed and would only take a port.
    $as_root mkdir -p /etc/postgresql-common/createcluster.d
    [ -e /etc/postgresql-common/createcluster.conf ] || printf 'create_main_cluster = false\n' | $as_root tee /etc/postgresql-common/createcluster.d/kontor.conf >/dev/null
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages >/dev/null ||
        stop "The packages could not be installed; the reason stands above."
    have_java || stop "This distribution's Java is older than 17; install a newer one."
}

case "${1:-}" in
    env) environment ;;
    servers) environment; servers ;;
    *) stop "usage: bootstrap.sh env|servers" ;;
esac
