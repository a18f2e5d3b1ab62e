#!/bin/sh
# Tries the HTTP API with what nobody thinks of (https://schemathesis.io), on a demo of its own: `docs/conformance/schemathesis.sh`.
# Needs schemathesis 4 (`pip install schemathesis`) and a built `kuseki` (or its path in KUSEKI).
# EXAMPLES (20) is how many values are made up for each operation and check, SEED (7) what they are drawn from.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if ! command -v "${SCHEMATHESIS:-schemathesis}" > /dev/null; then
  echo "skipped: schemathesis is not installed (pip install schemathesis)"
  exit 0
fi
kuseki=${KUSEKI:-$(ls -t "${CARGO_TARGET_DIR:-$root/target}"/release/kuseki "${CARGO_TARGET_DIR:-$root/target}"/debug/kuseki 2> /dev/null | head -1)}
port=${PORT:-8297}
data=$(mktemp -d)
"$kuseki" demo --data "$data/demo" --port "$port" > "$data/log" 2>&1 &
server=$!
trap 'kill $server 2> /dev/null; wait $server 2> /dev/null; rm -rf "$data"' EXIT
tries=0
until curl -sf "http://127.0.0.1:$port/health" > /dev/null; do
  tries=$((tries + 1))
  if [ $tries -gt 300 ]; then cat "$data/log"; exit 1; fi
  sleep 0.2
done
cd "$data"
"${SCHEMATHESIS:-schemathesis}" --config-file "$here/schemathesis.toml" run "http://127.0.0.1:$port/api/v1/openapi.json" \
  --url "http://127.0.0.1:$port" --max-examples "${EXAMPLES:-20}" --continue-on-failure --seed "${SEED:-7}" --no-color \
  --suppress-health-check all "$@"
