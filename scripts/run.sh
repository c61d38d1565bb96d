#!/bin/sh
# Every npm script goes through here: `sh scripts/run.sh TASK [ARGUMENTS]`.
# Installs what is missing, puts the project's own Node first on PATH, sets up wrangler's environment, runs the task.
set -eu

cd "$(dirname "$0")/.."
task=${1:-}
[ $# -gt 0 ] && shift

fail() {
  echo "perdure: $1" >&2
  exit 1
}

command -v node >/dev/null 2>&1 || fail "Node is not installed; install Node 20 or newer from https://nodejs.org"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || fail "this is Node $(node --version); Perdure needs Node 20 or newer to install itself"

# npm writes node_modules/.package-lock.json when an install has finished.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "perdure: installing packages (npm ci), once: half a minute or so" >&2
  log=$(mktemp)
  npm ci --no-audit --no-fund --loglevel=error >"$log" 2>&1 || {
    cat "$log" >&2
    fail "npm ci failed; see above"
  }
  rm -f "$log"
  touch node_modules/.package-lock.json
fi

PATH="$PWD/node_modules/.bin:$PATH"
# Three file descriptors per live Durable Object.
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true

# Offline, quiet, and local tracing off: it costs two to three times the CPU of a request.
X_LOCAL_OBSERVABILITY=false
WRANGLER_SEND_METRICS=false
WRANGLER_SEND_ERROR_REPORTS=false
WRANGLER_HIDE_BANNER=true
CLOUDFLARE_CF_FETCH_ENABLED=false
WRANGLER_REGISTRY_PATH="$PWD/.wrangler/registry"
WRANGLER_LOG_PATH="$PWD/.wrangler/logs"
export PATH X_LOCAL_OBSERVABILITY WRANGLER_SEND_METRICS WRANGLER_SEND_ERROR_REPORTS WRANGLER_HIDE_BANNER \
  CLOUDFLARE_CF_FETCH_ENABLED WRANGLER_REGISTRY_PATH WRANGLER_LOG_PATH

case "$task" in
demo) exec node scripts/demo.ts "$@" ;;
start) exec node scripts/start.ts "$@" ;;
engine) exec node scripts/engine.ts "$@" ;;
worker) exec node scripts/worker.ts "$@" ;;
client) exec node examples/money-transfer/client.ts "$@" ;;
docs) exec node scripts/docs.ts ;;
knip) exec knip --no-progress "$@" ;;
sbom) exec node scripts/sbom.ts ;;
deploy) exec node scripts/deploy.ts "$@" ;;
perdure) exec node sdk/cli/main.ts "$@" ;;
temporal-project) exec node scripts/temporal-project.ts "$@" ;;
programs) exec node test/programs/main.ts "$@" ;;
test)
  # Side by side: the ones in workerd mostly wait. Both are run whatever the other says.
  status=0
  log=$(mktemp)
  ran=$(mktemp -d)
  # A file that was named is in one of the halves: the other passes. Each leaves a report if it ran anything.
  half() {
    report="$ran/$1.json"
    shift
    exec vitest run --passWithNoTests --reporter=default --reporter=json --outputFile.json="$report" "$@"
  }
  if [ $# -eq 0 ]; then half() { shift && exec vitest run "$@"; }; fi
  half workerd --config vitest.workerd.config.ts "$@" >"$log" 2>&1 &
  workerd=$!
  trap 'kill "$workerd" 2>/dev/null || true; rm -rf "$log" "$ran"' EXIT
  # Whoever ends it does not want to read it all.
  trap 'exit 130' INT
  trap 'exit 143' TERM
  (half node "$@") || status=$?
  echo "perdure: now the tests in workerd" >&2
  # Now and then vitest and workerd wait for each other for ever: github.com/cloudflare/workers-sdk/issues/15498.
  missing=
  while kill -0 "$workerd" 2>/dev/null; do
    if [ $# -eq 0 ] && [ -n "$(find "$log" -mmin +6)" ]; then
      missing=$(find test/workerd -name '*.test.ts' | while read -r file; do grep -qF " $file " "$log" || echo "$file"; done)
      kill -9 "$workerd" 2>/dev/null || true
    fi
    sleep 1
  done
  wait "$workerd" || [ -n "$missing" ] || status=1
  cat "$log"
  if [ -n "$missing" ]; then
    if grep -q '×' "$log"; then status=1; fi
    echo "perdure: the tests in workerd stalled; now those that had not run:" $missing >&2
    # shellcheck disable=SC2086
    (half workerd --config vitest.workerd.config.ts $missing) || status=$?
  fi
  if [ $# -gt 0 ] && ! grep -qs '"numTotalTests":[1-9]' "$ran"/*.json; then fail "no test file is named like this: $*"; fi
  exit "$status"
  ;;
check)
  biome check .
  tsc -p .
  tsc -p src/ui
  knip --no-progress
  exec vitest run test/core test/runtime test/execution test/matching test/auth test/tidy.test.ts "$@"
  ;;
fuzz)
  case "${1:-20000}" in
  -h | --help)
    echo "npm run test:fuzz [-- REQUESTS]: so many requests to the API (20000), made from its own OpenAPI description"
    exit 0
    ;;
  0* | *[!0-9]*)
    echo "perdure: a whole number of requests, of at least 1, is expected, not '$1'" >&2
    exit 2
    ;;
  esac
  PERDURE_FUZZ=${1:-20000} exec vitest run test/api/openapi.test.ts ;;
e2e) exec vitest run --config vitest.e2e.config.ts "$@" ;;
ui) exec vitest run --config vitest.ui.config.ts "$@" ;;
conformance) exec node test/conformance/main.ts "$@" ;;
pack) exec node scripts/pack.ts "$@" ;;
package) exec node test/package/main.ts "$@" ;;
nightly) exec node scripts/nightly.ts "$@" ;;
sim) exec node test/sim/main.ts "$@" ;;
zoo) exec node test/zoo/main.ts "$@" ;;
mutation) exec node test/mutation/main.ts "$@" ;;
faults)
  if [ "${1:-}" = --functional ]; then
    shift
    exec node test/hardships/main.ts "$@"
  fi
  PERDURE_FAULTS=${PERDURE_FAULTS:-all} exec vitest run --config vitest.workerd.config.ts --reporter=verbose test/workerd/faults "$@"
  ;;
kill) exec node test/kill/main.ts "$@" ;;
upgrade) exec node test/upgrade/main.ts "$@" ;;
bench) exec node test/bench/main.ts "$@" ;;
*) fail "unknown task '$task'; tasks: demo start engine worker client perdure temporal-project programs test check fuzz e2e ui conformance sim faults kill upgrade zoo mutation bench nightly pack package deploy docs knip sbom" ;;
esac
