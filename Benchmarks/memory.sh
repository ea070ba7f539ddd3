#!/usr/bin/env bash
# What an entry of the memory tier costs in RSS, what a lookup costs beside a bare probe, and RSS beside the budget after
# replacements: Benchmarks/memory.sh [slope|lookup|churn] [POLICY …]. One process a policy. Builds what it runs.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --static-swift-stdlib --product MemoryBenchmark
modes=("${1:-slope}")
[ $# -gt 0 ] || modes=(slope lookup churn)
shift || true
policies=("$@")
[ ${#policies[@]} -gt 0 ] || policies=(adaptive lru lfu arc s3-fifo sieve w-tinylfu gdsf)
for mode in "${modes[@]}"; do
  for policy in "${policies[@]}"; do .build/release/MemoryBenchmark "$mode" "$policy"; done
done
