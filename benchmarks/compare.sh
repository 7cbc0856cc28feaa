#!/usr/bin/env bash
# Runs our workloads and, where the Go programs are found, theirs: interleaved, each run in a process of its own, so that a busy machine disturbs all
# alike. Prints the medians as Markdown tables, with ratios.
#   benchmarks/compare.sh [options] [queue] [informers] [controllers]     all three by default
#     --reps N           how often everything is run; 5 by default
#     --divide N         divides all numbers of keys, objects and events by N, to try things out; 1 by default
#     --kubeconfig FILE  measures cold starts from this server too; it must have the Applications, as the Go program `loader` makes them
#     --results FILE     keeps the figures of every run: table, scenario, who and a line of JSON, parted by tabs
# Environment:
#   PEERS_BIN   the folder of the Go programs wq, inf, decode, lookup and stub; by default they are looked for on the PATH
#   NATIVE      our program, published as native code: it then runs beside the built one, but for the queue and the look-ups
#   STUB_PORT   where the stub listens; 18080 by default
#   RUN_WITH    a command that every run is started with, for instance "taskset -c 0,1"
#   RUN_SECONDS how long a run may take before it is ended; 300 by default
set -euo pipefail

repetitions=5 divisor=1 kubeconfig='' results=''
groups=()
while [ $# -gt 0 ]; do
  case $1 in
    --reps) repetitions=$2; shift 2 ;;
    --divide) divisor=$2; shift 2 ;;
    --kubeconfig) kubeconfig=$2; shift 2 ;;
    --results) results=$2; shift 2 ;;
    queue | informers | controllers) groups+=("$1"); shift ;;
    -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "'$1' is not known; see $0 --help." >&2; exit 2 ;;
  esac
done
[ ${#groups[@]} -gt 0 ] || groups=(queue informers controllers)

here=$(cd "$(dirname "$0")" && pwd)
stub_port=${STUB_PORT:-18080}
stub_url=http://127.0.0.1:$stub_port
read -ra run_with <<< "timeout ${RUN_SECONDS:-300} ${RUN_WITH:-}"
failures=0
stub_process=''

scratch=$(mktemp -d)
results=${results:-$scratch/results}
: > "$results"
stop_stub() {
  if [ -n "$stub_process" ]; then
    kill "$stub_process" 2> /dev/null || true
    wait "$stub_process" 2> /dev/null || true
    stub_process=''
  fi
}
finish() {
  stop_stub
  rm -rf "$scratch"
}
trap finish EXIT

# The path of a Go program; nothing where there is none.
peer() {
  local path=${PEERS_BIN:+$PEERS_BIN/$1}
  path=${path:-$(command -v "$1" || true)}
  [ ! -x "$path" ] || echo "$path"
}
wq=$(peer wq) inf=$(peer inf) decode=$(peer decode) lookup=$(peer lookup) stub=$(peer stub)
for program in wq inf decode lookup stub; do
  [ -n "${!program}" ] || echo "The Go program $program was not found; set PEERS_BIN to compare with it." >&2
done

dotnet build -c Release "$here/CrMonitor.Benchmarks" --nologo -v q >&2
ours=$here/CrMonitor.Benchmarks/bin/Release/net10.0/CrMonitor.Benchmarks
native=${NATIVE:-}

# measure TABLE SCENARIO WHO COMMAND...: runs the command and keeps what it prints. A run that fails is told, and the others go on.
measure() {
  local label="$1"$'\t'"$2"$'\t'"$3"$'\t'
  shift 3
  if "${run_with[@]}" "$@" > "$scratch/out" 2> "$scratch/err"; then
    sed "s|^|$label|" "$scratch/out" >> "$results"
  else
    echo "Failed: $*" >&2
    tail -n 5 "$scratch/err" >&2
    failures=$((failures + 1))
  fi
}

# As measure, for a Go program that may not be here.
measure_peer() {
  [ -z "$4" ] || measure "$@"
}

# A number of keys, objects or events.
divided() { echo $((($1 + divisor - 1) / divisor)); }

# start_stub OPTION...: returns when it listens; fails where the program is not here.
start_stub() {
  [ -n "$stub" ] || return 1
  stop_stub
  "$stub" -listen "127.0.0.1:$stub_port" "$@" > "$scratch/stub" 2>&1 &
  stub_process=$!
  for _ in $(seq 200); do
    kill -0 "$stub_process" 2> /dev/null || break
    ! grep -q '^listening' "$scratch/stub" || return 0
    sleep 0.1
  done
  echo "The stub does not listen at port $stub_port; STUB_PORT can name another. It says:" >&2
  cat "$scratch/stub" >&2
  exit 1
}

# mine TABLE SCENARIO ARGUMENT...: our program, and the native one too where there is one.
mine() {
  measure "$1" "$2" here "$ours" "${@:3}"
  [ -z "$native" ] || measure "$1" "$2" native "$native" "${@:3}"
}

compare_queue() {
  local n scenario
  n=$(divided 1000000)
  queue() { measure queue "$1" "$2" "$ours" queue --reps 1 --order "$2" "${@:3}"; }

  for workload in pingpong batch; do
    for order in channel fifo priority fair; do queue $workload $order --workload $workload --n "$n"; done
    measure_peer queue $workload 'Go channel' "$wq" -impl chan -test $workload -n "$n"
    measure_peer queue $workload client-go "$wq" -test $workload -n "$n"
  done

  for workers in 1 4 16; do
    scenario="pump, $workers workers"
    for order in channel fifo priority fair; do queue "$scenario" $order --workload pump --workers $workers --n "$n"; done
    measure_peer queue "$scenario" 'Go channel' "$wq" -impl chan -test pump -workers $workers -n "$n"
    measure_peer queue "$scenario" client-go "$wq" -test pump -workers $workers -n "$n"
  done

  for order in channel fifo priority fair; do queue hot $order --workload hot --n "$n"; done
  measure_peer queue hot client-go "$wq" -test hot -n $((4 * n)) -producers 4 -workers 4

  scenario='pump, 4 workers, metrics'
  for order in fifo priority fair; do queue "$scenario" $order --workload pump --metrics --n "$n"; done
  measure_peer queue "$scenario" client-go "$wq" -test pump -workers 4 -metrics -n "$n"

  for count in 100000 1000000; do
    count=$(divided $count)
    for order in fifo priority fair; do queue "delayed, $count keys" $order --workload delayed --n "$count" --warmups 1; done
    measure_peer queue "delayed, $count keys" client-go "$wq" -test after -n "$count"
  done

  for order in fifo priority fair; do queue ratelimited $order --workload ratelimited --n "$n"; done
  measure_peer queue ratelimited client-go "$wq" -test ratelimited -n "$n"
  queue limiter fifo --workload limiter --n "$n"
  measure_peer queue limiter client-go "$wq" -test limiter -n "$n"
}

# The Go programs' name of a form; nothing for metadata, which they do not have.
form_of_peer() {
  case $1 in typed) echo typed ;; dynamic) echo unstructured ;; esac
}

# compare_sync SERVER OUR-ADDRESS PEER-OPTION...: cold starts.
compare_sync() {
  local server=$1 address=$2 scenario form
  shift 2
  for kind in typed dynamic metadata; do
    for streaming in true false; do
      scenario="$server, $kind, $([ $streaming = true ] && echo stream || echo list)"
      mine sync "$scenario" sync --server "$address" --kind $kind --streaming $streaming
      form=$(form_of_peer $kind)
      [ -z "$form" ] || KUBE_FEATURE_WatchListClient=$streaming measure_peer sync "$scenario" client-go "$inf" -test sync -kind "$form" "$@"
    done
  done
}

compare_decode() {
  local n
  n=$(divided 10000)
  for what in list events; do
    for kind in typed dynamic; do
      mine decode "$what, $kind" decode --what $what --kind $kind --n "$n" --reps 1
      measure_peer decode "$what, $kind" client-go "$decode" -what $what -kind "$(form_of_peer $kind)" -n "$n"
      [ $what = events ] || measure_peer decode "$what, $kind" encoding/json "$decode" -what list-std -kind "$(form_of_peer $kind)" -n "$n"
    done
    mine decode "$what, metadata" decode --what $what --kind metadata --n "$n" --reps 1
    measure decode "$what, in no form" Utf8JsonReader "$ours" decode --what $what --kind reader --n "$n" --reps 1
  done
}

compare_watch() {
  local events form
  events=$(divided 200000)
  start_stub -n 1000 -events "$events" || return 0
  for kind in typed dynamic metadata; do
    mine watch $kind watch --server "$stub_url" --kind $kind --events "$events"
    form=$(form_of_peer $kind)
    [ -z "$form" ] || measure_peer watch $kind client-go "$inf" -test watch -server "$stub_url" -kind "$form" -n 1000 -events "$events"
  done

  for rate in 500 2000; do
    events=$(divided $((8 * rate)))
    start_stub -n 1000 -events "$events" -rate $rate
    for kind in typed dynamic; do
      mine latency "$kind, $rate/s" watch --server "$stub_url" --kind $kind --events "$events" --latency
      measure_peer latency "$kind, $rate/s" client-go \
        "$inf" -test latency -server "$stub_url" -kind "$(form_of_peer $kind)" -n 1000 -events "$events" -rate $rate
    done
  done
}

compare_lookup() {
  local n seconds theirs scenario
  n=$(divided 100000)
  seconds=$(python3 -c "print(max(0.05, 1 / $divisor))")
  for readers in 1 4; do
    for writer in none paced full; do
      case $writer in none) theirs=none ;; paced) theirs=1000 ;; full) theirs=max ;; esac
      scenario="$readers, $writer"
      measure lookup "$scenario" here "$ours" lookup --n "$n" --readers $readers --writer $writer --seconds "$seconds"
      measure_peer lookup "$scenario" client-go "$lookup" -n "$n" -readers $readers -writer $theirs -d "${seconds}s"
    done
  done
}

compare_informers() {
  local n
  n=$(divided 100000)
  if start_stub -n "$n"; then compare_sync stub "$stub_url" -server "$stub_url" -n "$n"; fi
  [ -z "$kubeconfig" ] || compare_sync kubeconfig "$kubeconfig" -kubeconfig "$kubeconfig"
  compare_decode
  compare_watch
  compare_lookup
}

compare_controllers() {
  local n
  n=$(divided 10000)
  if start_stub -n "$n"; then
    for concurrency in 1 16; do
      mine patch $concurrency controller --workload patch --server "$stub_url" --n "$n" --concurrency $concurrency --reps 1
    done
  fi
  # The server, which no operator has in its process, allocates most: with a small youngest generation the tail would be its collections.
  DOTNET_GCGen0MaxBudget=3000000 mine change '1,000/s' controller --workload latency --rate 1000 --seconds "$(divided 8)" --reps 1
}

for repetition in $(seq "$repetitions"); do
  echo "repetition $repetition of $repetitions" >&2
  for group in "${groups[@]}"; do "compare_$group"; done
done
stop_stub

python3 "$here/compare.py" "$results"
if [ "$failures" -gt 0 ]; then
  echo "$failures runs failed." >&2
  exit 1
fi
