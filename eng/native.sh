#!/usr/bin/env bash
# Compiles the sample operator to native code, any warning of this repository's assemblies being an error, and lets the program work on its embedded
# API server until its sample Application runs. Needs a C linker and some minutes: hence no part of the tests.
#   eng/native.sh [DIRECTORY]     where the program is to be left; a temporary one, which is removed, by default
set -euo pipefail
cd "$(dirname "$0")/.."
state=$(mktemp -d)
out=${1:-$state/out}
operator=
finish() {
  [ -z "$operator" ] || kill "$operator" 2>/dev/null || true
  rm -rf "$state"
}
trap finish EXIT

dotnet publish src/SampleOperator -c Release -p:PublishAot=true --use-current-runtime --nologo -v q -o "$out"
"$out/CrMonitor.SampleOperator" --embedded --kubeconfig-out "$state/kubeconfig" \
  --metrics-bind-address 0 --health-probe-bind-address 0 >"$state/log" 2>&1 &
operator=$!

for _ in $(seq 100); do
  server=$(sed -nE 's/^ *(- )?(cluster: *)?.*server: *"?([^",} ]+).*/\3/p' "$state/kubeconfig" 2>/dev/null | head -n 1) || true
  if [ -n "$server" ] && curl -sf "$server/apis/example.com/v1/namespaces/default/applications/web" | grep -q '"phase": *"Running"'; then
    disk=$(stat -c %s "$out/CrMonitor.SampleOperator")
    memory=$(awk '/VmHWM/ {print $2}' "/proc/$operator/status")
    echo "The native program runs an Application: $disk bytes on disk, $memory KiB of memory."
    exit 0
  fi
  sleep 0.2
done
cat "$state/log"
echo "The native program did not get its Application to run."
exit 1
