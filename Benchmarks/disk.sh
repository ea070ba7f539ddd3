#!/usr/bin/env bash
# CPU microseconds that Strata's disk tier and nginx's cache spend per request, side by side: hits from the page cache, of
# one URL and of 400 by chance (what is asked for at once shares a read), and fills of 10 KB (misses that are stored) into
# caches of 256 MB that are full: each fill makes room for itself. Strata has no memory tier here. Both servers run on CPU 0
# with one worker, load and origin on CPU 1; they are measured in turn, in pairs, and the last lines are the medians of the
# ratios. What a file costs nginx is the file system's business: TMPDIR says on which one the caches are.
#   Benchmarks/disk.sh [PAIRS=5] [SECONDS=3]
# Needs `make build`, wrk, nginx, and cost.sh (STRATA_BENCH_TOOLS: its folder). STRATA: the executable. Run as root, for nginx.
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-5} seconds=${2:-3}
tools=${STRATA_BENCH_TOOLS:-../shared/bench}
strata=${STRATA:-.build/release/strata}
for file in "$tools/cost.sh" "$strata"; do
  [ -r "$file" ] || { echo "disk.sh: no $file (see the head of this file)" >&2; exit 1; }
done
for tool in wrk nginx; do command -v $tool >/dev/null || { echo "disk.sh: no $tool" >&2; exit 1; }; done

folder=$(mktemp -d)
pids=()
trap '[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
mkdir -p "$folder"/www/u "$folder"/tmp "$folder"/nginx-cache
chmod 755 "$folder"
chmod 777 "$folder"/nginx-cache "$folder"/tmp
for page in 1k:1024 10k:10240 100k:102400; do head -c "${page##*:}" /dev/urandom > "$folder/www/${page%%:*}.bin"; done

server() { # NAME CPU HTTP-BLOCK
  cat > "$folder/$1.conf" <<C
worker_processes 1; daemon off; pid $folder/$1.pid; error_log $folder/$1.err; worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http { access_log off; sendfile on; default_type application/octet-stream; keepalive_requests 100000000;
  client_body_temp_path $folder/tmp; proxy_temp_path $folder/tmp; fastcgi_temp_path $folder/tmp;
  uwsgi_temp_path $folder/tmp; scgi_temp_path $folder/tmp;
  $3 }
C
  taskset -c "$2" nginx -c "$folder/$1.conf" & pids+=($!)
}
server origin 1 "server { listen 127.0.0.1:21010 backlog=4096; root $folder/www; open_file_cache max=100;
  add_header Cache-Control 'public, max-age=3600'; location /u/ { try_files /10k.bin =404; } }"
server nginx 0 "open_file_cache max=10000 inactive=60s;
  proxy_cache_path $folder/nginx-cache levels=1:2 keys_zone=c:64m max_size=256m inactive=1h use_temp_path=off;
  upstream o { server 127.0.0.1:21010; keepalive 64; }
  server { listen 127.0.0.1:21011 backlog=4096; location / { proxy_pass http://o; proxy_http_version 1.1;
    proxy_set_header Connection ''; proxy_cache c; proxy_cache_lock on; } }"
nginx_pid=${pids[-1]}
cat > "$folder/proxy.conf" <<C
listen: ["127.0.0.1:21012"]
threads: 1
state: "$folder/state"
admin: { listen: off }
tiers: { disk: { path: "$folder/cache", size: 256MB } }
sites: [{ hosts: ["*"], origin: { url: "http://127.0.0.1:21010" } }]
log: { access: { path: "$folder/access.log" } }
C
taskset -c 0 "$strata" run --config "$folder/proxy.conf" > "$folder/strata.out" 2>&1 & pids+=($!)
strata_pid=${pids[-1]}
for port in 21011 21012; do
  for _ in $(seq 100); do
    curl -fs -o /dev/null --noproxy '*' "http://127.0.0.1:$port/100k.bin" && continue 2
    sleep 0.1
  done
  cat "$folder"/*.err "$folder/strata.out" >&2
  exit 1
done

# Clock ticks that the process and its children have taken.
ticks() {
  local sum=0 process
  for process in "$1" $(pgrep -P "$1"); do sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$process/stat"))); done
  echo $sum
}
cat > "$folder/400.lua" <<'L'
function request() return wrk.format("GET", wrk.path .. "?" .. math.random(400)) end
L
# As cost.sh, for 400 URLs.
several() { # LABEL PID URL
  local before after out
  before=$(ticks "$2")
  out=$(taskset -c 1 wrk -t1 -c64 -d"${seconds}s" -s "$folder/400.lua" "$3")
  after=$(ticks "$2")
  awk -v label="$1" -v ticks=$((after - before)) '/requests in/ { n = $1 } /Non-2xx/ { bad = $NF }
    END { printf "%-14s cpu_us/req %7.2f non2xx %d\n", label, ticks * 10000 / n, bad }' <<< "$out"
}
cost() { # LABEL PID PORT KIND
  local line
  case $4 in
    hit-100k) line=$(bash "$tools/cost.sh" "$1" "$2" "http://127.0.0.1:$3/100k.bin" "$seconds" 64) ;;
    hit-*-of-400) line=$(several "$1" "$2" "http://127.0.0.1:$3/$(cut -d- -f2 <<< "$4").bin") ;;
    fill-10k) line=$(bash "$tools/cost.sh" "$1" "$2" "http://127.0.0.1:$3/u/" "$seconds" 64 unique) ;;
  esac
  printf '%-9s %s\n' "$4" "$line" >&2
  awk '{ for (i = 1; i < NF; i++) { if ($i == "cpu_us/req") cost = $(i + 1); if ($i == "non2xx") bad = $(i + 1) } }
    END { print (bad + 0 == 0 && cost > 0) ? cost : "failed" }' <<< "$line"
}
for kind in hit-100k hit-1k-of-400 hit-100k-of-400 fill-10k; do
  if [ $kind = fill-10k ]; then
    # Until they are full.
    for port in 21011 21012; do
      taskset -c 1 wrk -t1 -c64 -d15s -s "$tools/unique.lua" "http://127.0.0.1:$port/u/" > /dev/null
    done
  fi
  for _ in $(seq "$pairs"); do
    a=$(cost nginx "$nginx_pid" 21011 $kind)
    b=$(cost strata "$strata_pid" 21012 $kind)
    awk -v a="$a" -v b="$b" 'BEGIN { print b / a, a, b }'
  done | sort -g > "$folder/$kind"
  awk -v kind=$kind '{ ratio[NR] = $1; a[NR] = $2; b[NR] = $3 }
    END { m = int((NR + 1) / 2); printf "%s: strata/nginx %.2f (%.2f to %.2f), %s and %s us\n", kind, ratio[m],
      ratio[1], ratio[NR], b[m], a[m] }' "$folder/$kind"
done
