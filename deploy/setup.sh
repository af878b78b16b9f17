#!/bin/sh
# Sets up what a fresh machine lacks. `setup.sh venv DIR` builds the virtual environment from the lock file;
# `setup.sh packages demo|test` installs the system packages wanted, when this user may, and says plainly what is missing otherwise;
# `setup.sh cards DIR` adds the library for card readers to the virtual environment, which is built from source.
set -eu

say() { printf '%s\n' "tallystick set-up: $*" >&2; }

# apt as root, or through sudo when it asks no password; otherwise fails.
apt() {
    if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive apt-get "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"
    else return 1
    fi
}

may_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

install_packages() {
    if ! may_install; then return 1; fi
    say "installing: $*"
    log=$(mktemp)
    if apt update -q >"$log" 2>&1 && apt install -y -q --no-install-recommends "$@" >>"$log" 2>&1; then rm -f "$log"; return 0; fi
    tail -n 5 "$log" >&2
    rm -f "$log"
    return 1
}

venv() {
    dir=$1
    python=${PYTHON:-python3}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        say "Python 3.11 or newer is needed; '$python' is not. Set PYTHON=/path/to/python3."
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages python3-venv || { say "the venv module is missing: install the package python3-venv"; exit 1; }
    fi
    say "creating $dir"
    "$python" -m venv "$dir"
    say "installing $(grep -c '==' requirements.lock) locked packages (one to three minutes the first time)"
    "$dir/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
    "$dir/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    touch "$dir/.ready"
    say "ready"
}

# One line per thing wanted: what tells that it is there | the Debian package | what is skipped without it.
wanted() {
    fonts='/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc|fonts-noto-cjk|Chinese text on labels and receipts
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf|fonts-dejavu-core|label and receipt pictures with the tested font'
    servers='mosquitto|mosquitto|tests against a real Mosquitto
/usr/lib/rabbitmq/bin/rabbitmq-server|rabbitmq-server|tests against a second kind of broker
victoria-metrics|victoria-metrics|tests against a real sink of measurements
/usr/lib/postgresql/*/bin/postgres|postgresql|tests against a PostgreSQL server
chromium|chromium|screens in a real browser'
    headers=$("${PYTHON:-python3}" -c 'import sysconfig; print(sysconfig.get_path("include") + "/Python.h")')
    card="tests against the real card service"
    cards="pcscd|pcscd|$card
/usr/lib/pcsc/drivers/serial/libifdvpcd.so|vsmartcard-vpcd|$card
/usr/include/PCSC/winscard.h|libpcsclite-dev|$card
swig|swig|$card
gcc|gcc|$card
ip|iproute2|$card
$headers|python3-dev|$card"
    case $1 in
        demo) printf '%s\n' "$fonts" ;;
        test) printf '%s\n%s\n%s\n' "$fonts" "$servers" "$cards" ;;
        *) say "unknown package set '$1'"; exit 2 ;;
    esac
}

is_there() {
    case $1 in
        /*) for path in $1; do [ -e "$path" ] && return 0; done; return 1 ;;
        *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
    esac
}

missing() {
    wanted "$1" | while IFS='|' read -r probe package skipped; do
        is_there "$probe" || printf '%s|%s\n' "$package" "$skipped"
    done
}

packages() {
    lacking=$(missing "$1")
    [ -n "$lacking" ] || return 0
    # shellcheck disable=SC2046
    install_packages $(printf '%s\n' "$lacking" | cut -d'|' -f1) && return 0
    say "these system packages are missing and could not be installed (no root, or no apt):"
    printf '%s\n' "$lacking" | while IFS='|' read -r package skipped; do say "  $package: without it, skipped: $skipped"; done
    # CI must never skip in silence.
    [ -z "${CI:-}" ] || exit 1
}

cards() {
    dir=$1
    "$dir/bin/python" -c 'import smartcard.scard' 2>/dev/null && return 0
    say "building the library for card readers"
    log=$(mktemp)
    if "$dir/bin/python" -m pip install -q --disable-pip-version-check --no-build-isolation --require-hashes \
        -r requirements-cards.lock >"$log" 2>&1; then rm -f "$log"; return 0; fi
    tail -n 5 "$log" >&2
    rm -f "$log"
    say "pyscard could not be built (swig, gcc, libpcsclite-dev and Python's headers are needed): without it, skipped: tests against the real card service"
    # CI must never skip in silence.
    [ -z "${CI:-}" ] || exit 1
}

case ${1:-} in
    venv) venv "$2" ;;
    packages) packages "$2" ;;
    cards) cards "$2" ;;
    *) say "usage: setup.sh venv DIR | packages demo|test | cards DIR"; exit 2 ;;
esac
