#!/usr/bin/env bash
# Writes what the build says of the public API (RS0016: new, RS0017: gone) into PublicAPI.Unshipped.txt of one project.
#   eng/update-public-api.sh src/WorkQueue
set -euo pipefail
project=$1
api=$project/PublicAPI.Unshipped.txt
log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet build "$project" --no-incremental -p:TreatWarningsAsErrors=false -v:q >"$log" 2>&1 || { grep ' error ' "$log" | sort -u; exit 1; }
{ grep -v '^#nullable' "$api" || true
  sed -nE "s/.*RS0016: Symbol '(.*)' is not part of the declared public API.*/\1/p" "$log"
} | grep -vxFf <(sed -nE "s/.*RS0017: Symbol '(.*)' is part of the declared API, but.*/\1/p" "$log") | LC_ALL=C sort -u > "$log.api" || true
{ echo '#nullable enable'; cat "$log.api"; } > "$api"
rm -f "$log.api"
