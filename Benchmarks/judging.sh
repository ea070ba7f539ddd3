#!/usr/bin/env bash
# What a table of purged tags takes, and what judging an entry with three tags costs, with 10 tags and with a million:
# Benchmarks/judging.sh [CALLS]. Instructions, by callgrind: no clock, so the machine's load does not matter.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --static-swift-stdlib --product JudgingBenchmark
benchmark=.build/release/JudgingBenchmark
calls=${1:-10000}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for tags in 10 1000000; do
  "$benchmark" memory "$tags"
  for kind in fast slow; do
    count=$(valgrind --tool=callgrind --callgrind-out-file="$out" --toggle-collect='*measured*' \
      "$benchmark" "$kind" "$tags" "$calls" 2>&1 | sed -n 's/.*Collected : //p')
    echo "$kind, $tags tags: $((count / calls)) instructions a call"
  done
done
