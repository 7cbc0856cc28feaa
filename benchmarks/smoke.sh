#!/usr/bin/env bash
# Runs every verb of the benchmarks with tiny numbers, so that none can rot: each must end within a minute and print a line of JSON. It measures nothing.
#   benchmarks/smoke.sh [Debug, or Release]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$here/CrMonitor.Benchmarks/bin/${1:-Debug}/net10.0/CrMonitor.Benchmarks

run() {
  if ! printed=$(timeout 60 "$program" "$@"); then
    echo "The benchmarks' verb failed: $*" >&2
    return 1
  fi
  case $printed in
    '{"'*'}') ;;
    *) echo "The benchmarks' verb printed no JSON: $*" >&2; return 1 ;;
  esac
}

once=(--reps 1 --warmups 0)
for workload in pingpong batch pump hot delayed idle ratelimited limiter; do run queue --workload $workload --n 100 "${once[@]}"; done
for order in channel fair; do run queue --workload pump --order $order --n 100 --metrics "${once[@]}"; done
for what in list events relist; do run decode --what $what --n 10 "${once[@]}"; done
for kind in typed dynamic metadata reader; do
  run sync --server memory --kind $kind --n 10
  run watch --server memory --kind $kind --events 10
done
run decode --what list --kind reader --n 10 "${once[@]}"
run retained --n 10
run sync --server memory --streaming false --n 10
for writer in none paced full; do run lookup --n 100 --op get --readers 2 --writer $writer --seconds 0.01; done
run controller --workload patch --n 10 "${once[@]}"
run controller --workload latency --n 10 --rate 50 --seconds 1 "${once[@]}"
for workload in start create watch memory; do run apiserver --workload $workload --n 10 "${once[@]}"; done
"$program" --list flat > /dev/null
echo "The benchmarks' verbs all run."
