#!/usr/bin/env bash
# Makes the pages and the API reference a static site, docs/_site, with docfx (a .NET tool that restores with the SDK).
# A broken link or reference ends it with an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for project in DaskK8s DaskK8s.Testing DaskK8s.Hosting DaskK8s.Arrow; do
    dotnet build "src/$project" --configuration Release --verbosity quiet -nologo
done
dotnet tool restore
rm -rf docs/_site docs/api
dotnet docfx docs/docfx.json --warningsAsErrors
