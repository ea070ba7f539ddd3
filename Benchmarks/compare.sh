#!/usr/bin/env bash
# CPU microseconds that Strata and its peers spend per request, side by side: hits of 1 KB and of 100 KB, and misses.
# All servers run at once, each bound to CPU 0 with one worker; load and origin are on CPU 1. They are measured in turn, in
# several rounds, and each figure is the median of the rounds with its ratio to HAProxy's. On a noisy machine the ratios
# hold where requests per second don't.
#   Benchmarks/compare.sh [ROUNDS=5] [SECONDS=3]
# Needs `make build`, and peers.sh, cost.sh and their tools (wrk, nginx; haproxy, varnish, squid, trafficserver if they are
# installed). STRATA_BENCH_TOOLS: the folder of those two scripts. STRATA: the executable. Run as root: the peers want it.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5} seconds=${2:-3}
tools=${STRATA_BENCH_TOOLS:-../shared/bench}
strata=${STRATA:-.build/release/strata}
port=21006
for file in "$tools/peers.sh" "$tools/cost.sh" "$strata"; do
  [ -x "$file" ] || [ -r "$file" ] || { echo "compare.sh: no $file (see the head of this file)" >&2; exit 1; }
done
command -v wrk >/dev/null || { echo "compare.sh: no wrk" >&2; exit 1; }

export BENCH_DIR=${BENCH_DIR:-$PWD/.bench}
mkdir -p "$BENCH_DIR"
results=$BENCH_DIR/results.tsv
: > "$results"

strata_pid=''
stop() {
  trap - EXIT
  [ -z "$strata_pid" ] || kill "$strata_pid" 2>/dev/null || true
  bash "$tools/peers.sh" down || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bash "$tools/peers.sh" up
cat > "$BENCH_DIR/strata.conf" <<C
listen: ["127.0.0.1:$port"]
threads: 1
state: "$BENCH_DIR/strata-state"
admin: { listen: off }
tiers: { memory: { size: 256MB, max_object: 20MB } }
sites: [{ hosts: ["*"], origin: { url: "http://127.0.0.1:21000" } }]
log: { access: { path: "$BENCH_DIR/strata-access.log" } }
C
: > "$BENCH_DIR/strata-access.log"
taskset -c 0 "$strata" run --config "$BENCH_DIR/strata.conf" > "$BENCH_DIR/strata.out" 2>&1 &
strata_pid=$!
for _ in $(seq 100); do
  curl -fs -o /dev/null --noproxy '*' "http://127.0.0.1:$port/1k.bin" && break
  kill -0 $strata_pid 2>/dev/null || { cat "$BENCH_DIR/strata.out" >&2; exit 1; }
  sleep 0.1
done
{ grep -v '^origin ' "$BENCH_DIR/peers"; echo "strata $strata_pid http://127.0.0.1:$port"; } > "$BENCH_DIR/servers"

# cost.sh prints one line; its cpu_us/req goes to the table of results, unless some answer was an error.
measure() {
  local label=$1 pid=$2 kind=$3 url=$4 mode=${5:-same} line
  line=$(bash "$tools/cost.sh" "$label" "$pid" "$url" "$seconds" 64 "$mode")
  printf '%-6s %s\n' "$kind" "$line"
  awk -v kind="$kind" -v label="$label" '
    { for (i = 1; i < NF; i++) { if ($i == "cpu_us/req") cost = $(i + 1); if ($i == "non2xx") bad = $(i + 1) } }
    END { if (bad + 0 == 0 && cost > 0) print kind "\t" label "\t" cost }' <<< "$line" >> "$results"
}

for round in $(seq "$rounds"); do
  echo "round $round of $rounds"
  while read -r label pid url _; do
    for page in 1k 100k; do curl -s -o /dev/null --noproxy '*' "$url/$page.bin"; done
    measure "$label" "$pid" hit-1k "$url/1k.bin"
    measure "$label" "$pid" hit-100k "$url/100k.bin"
    measure "$label" "$pid" miss "$url/o/" unique
  done < "$BENCH_DIR/servers"
  : > "$BENCH_DIR/strata-access.log"
done

echo
echo "CPU microseconds per request, median of $rounds rounds (ratio to HAProxy)"
sort -k1,1 -k2,2 -k3,3g "$results" | awk -F '\t' '
  function flush() {
    if (n) median[key] = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    n = 0
  }
  { k = $1 SUBSEP $2; if (k != key) { flush(); key = k } v[++n] = $3; labels[$2] }
  END {
    flush()
    split("hit-1k hit-100k miss", kinds, " ")
    printf "| server | hit 1 KB | hit 100 KB | miss 1 KB |\n|---|---|---|---|\n"
    for (label in labels) {
      row = "| " label
      for (i = 1; i <= 3; i++) {
        value = median[kinds[i] SUBSEP label]; base = median[kinds[i] SUBSEP "haproxy"]
        row = row (value ? sprintf(" | %.1f", value) (base ? sprintf(" (%.2f)", value / base) : "") : " | –")
      }
      print row " |" | "sort"
    }
  }'
