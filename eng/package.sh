#!/usr/bin/env bash
# Packs CrMonitor.Controllers with what it needs, and builds a program in a folder of its own that references the package: with
# CrMonitorOperatorRuntime its runtime must have the settings of an operator, those of the project before those of the package; without, none.
#   eng/package.sh [Debug, or Release]     what must have been built
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${1:-Debug}
version=0.0.0-trial
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for project in WorkQueue Informers Controllers; do
  dotnet pack "src/$project" -c "$configuration" --no-build --nologo -v q -p:Version=$version -o "$scratch/packages"
done

cd "$scratch"
mkdir program
cat > program/program.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RestoreAdditionalProjectSources>../packages</RestoreAdditionalProjectSources>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="CrMonitor.Controllers" Version="$(Trial)" />
  </ItemGroup>
</Project>
PROJECT
cat > program/Program.cs <<'PROGRAM'
var collector = System.GC.GetConfigurationVariables();
object Setting(string name) => System.AppContext.GetData(name) ?? "-";
System.Console.WriteLine(Setting("System.GC.Gen0MaxBudget") is "-" ? "-" : collector["GCGen0MaxBudget"]);
System.Console.WriteLine(Setting("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit"));
System.Console.WriteLine(collector["ConcurrentGC"]);
PROGRAM

# Packages of others come from where they are; ours, whose version is always the same, must not stay there.
known=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')
expect() {
  local expected=$1 settings
  shift
  dotnet build program --nologo -v q -p:Trial=$version -p:RestorePackagesPath="$scratch/restored" -p:RestoreFallbackFolders="$known" "$@" > build.log || { cat build.log; exit 1; }
  settings=$(dotnet program/bin/Debug/net10.0/program.dll | paste -sd ' ')
  if [ "$settings" != "$expected" ]; then
    echo "A program that is built with '$*' has the settings '$settings' instead of '$expected'." >&2
    exit 1
  fi
}
expect "- - True"
expect "6291456 0 False" -p:CrMonitorOperatorRuntime=true
expect "16777216 5 True" -p:CrMonitorOperatorRuntime=true -p:CrMonitorGen0Budget=16777216 -p:CrMonitorThreadPoolSpinLimit=5 -p:ConcurrentGarbageCollection=true
echo "A program that references the package has the runtime's settings that it asks for."
