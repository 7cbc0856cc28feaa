#!/usr/bin/env bash
# Runs the work queue's workloads here and, where the Go program `wq` is found (in $PEERS_BIN or on the PATH), there too: interleaved, so that a busy
# machine disturbs all alike. Prints the medians as a Markdown table, and the ratios to the channel and to client-go.
#   benchmarks/compare.sh [repetitions, 5 by default] [results.jsonl, which is kept if named]
set -euo pipefail
repetitions=${1:-5}
here=$(cd "$(dirname "$0")" && pwd)
results=${2:-$(mktemp)}
wq=${PEERS_BIN:+$PEERS_BIN/wq}
[ -x "${wq:=$(command -v wq || true)}" ] || wq=
[ -n "$wq" ] || echo "The Go program wq was not found; set PEERS_BIN to compare with it." >&2
dotnet build -c Release "$here/CrMonitor.Benchmarks" --nologo -v q >&2
ours=$here/CrMonitor.Benchmarks/bin/Release/net10.0/CrMonitor.Benchmarks
: > "$results"

# One repetition of one of our workloads in a process of its own, after two that warm it up.
run() { "$ours" queue --json --reps 1 "$@" >> "$results"; }
peer() { [ -z "$wq" ] || "$wq" "$@" >> "$results"; }

for repetition in $(seq "$repetitions"); do
  echo "repetition $repetition of $repetitions" >&2
  for order in channel fifo priority fair; do
    run --workload pingpong --order "$order"
    run --workload batch --order "$order"
    for workers in 1 4 16; do run --workload pump --workers "$workers" --order "$order"; done
    run --workload hot --order "$order"
  done
  for order in fifo priority fair; do
    run --workload pump --metrics --order "$order"
    run --workload delayed --n 100000 --order "$order"
    run --workload delayed --order "$order" --warmups 1
    run --workload ratelimited --order "$order"
  done
  run --workload limiter
  for impl in chan workqueue; do
    peer -impl "$impl" -test pingpong
    peer -impl "$impl" -test batch
    for workers in 1 4 16; do peer -impl "$impl" -test pump -workers "$workers"; done
  done
  peer -test hot -n 4000000 -producers 4 -workers 4
  peer -test pump -workers 4 -metrics
  peer -test after -n 100000
  peer -test after
  peer -test ratelimited
  peer -test limiter
done

python3 - "$results" <<'PYTHON'
import collections, json, statistics, sys

names = {"after": "delayed"}
runs = collections.defaultdict(list)
for line in open(sys.argv[1]):
    run = json.loads(line)
    if "impl" in run:
        queue = {"chan": "Go channel", "workqueue": "client-go"}[run["impl"]]
        workload, workers, metrics = names.get(run["test"], run["test"]), run["workers"], run["metrics"]
        n = run["n"] // 4 if workload == "hot" else run["n"]
        run["bytes_op"] = run["B_op"]
    else:
        queue, workload, workers, metrics, n = run["order"], run["workload"], run["workers"], run["metrics"], run["n"]
    run["cpu_ns_op"] = run["cpu_s"] * 1e9 / (4 * n if workload == "hot" else n)
    if workload != "pump":
        workers = None
    runs[(workload, workers, n, metrics), queue].append(run)

def median(scenario, queue, figure):
    values = [run[figure] for run in runs.get((scenario, queue), []) if run.get(figure) is not None]
    return statistics.median(values) if values else None

def show(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"

print("| workload | queue | ns/key | of which add | CPU ns/key | B/key | s in all | late p50, p99 ms | peak MiB | x channel | x client-go | CPU x client-go |")
print("|---|---|---|---|---|---|---|---|---|---|---|---|")
for scenario in dict.fromkeys(key[0] for key in runs):
    workload, workers, n, metrics = scenario
    title = workload + (f", {workers} workers" if workers else "") + (f", {n:,} keys" if workload == "delayed" else "") + (", metrics" if metrics else "")
    for queue in ["channel", "fifo", "priority", "fair", "Go channel", "client-go"]:
        ns = median(scenario, queue, "ns_op")
        if ns is None:
            continue
        def ratio(other, figure="ns_op"):
            base = median(scenario, other, figure)
            return f"{median(scenario, queue, figure) / base:.2f}" if base and queue in ("fifo", "priority", "fair") else ""
        late = ", ".join(show(median(scenario, queue, f), 1) for f in ("late_p50_ms", "late_p99_ms")) if workload == "delayed" else ""
        print(f"| {title} | {queue} | {show(ns)} | {show(median(scenario, queue, 'add_ns_op'))} | {show(median(scenario, queue, 'cpu_ns_op'))} "
              f"| {show(median(scenario, queue, 'bytes_op'), 1)} | {show(median(scenario, queue, 'wall_s'), 2)} | {late} | {show(median(scenario, queue, 'peak_rss_mib'))} "
              f"| {ratio('channel')} | {ratio('client-go')} | {ratio('client-go', 'cpu_ns_op')} |")
PYTHON
