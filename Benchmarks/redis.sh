#!/usr/bin/env bash
# What a hit in the Redis tier costs beside a bare GET: Benchmarks/redis.sh [TURNS]. Starts a redis-server of its own on
# loopback and on a unix socket; builds what it runs.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --static-swift-stdlib --product RedisBenchmark
folder=$(mktemp -d)
port=${BENCH_REDIS_PORT:-16399}
redis-server --port "$port" --bind 127.0.0.1 --unixsocket "$folder/redis.sock" --save "" --appendonly no \
  --dir "$folder" --logfile "$folder/redis.log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$folder"' EXIT
until redis-cli -p "$port" ping >/dev/null 2>&1; do
  kill -0 $server || { cat "$folder/redis.log"; exit 1; }
  sleep 0.1
done
echo "TCP on loopback"
.build/release/RedisBenchmark "redis://127.0.0.1:$port" "${1:-40}"
echo "unix socket"
.build/release/RedisBenchmark "unix:$folder/redis.sock" "${1:-40}"
