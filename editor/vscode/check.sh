#!/bin/sh
# Checks the extension: types, lint, layout, and the tests that need no editor. Without npm it is
# named and skipped.
set -eu
cd "$(dirname "$0")"

if ! command -v npm >/dev/null 2>&1; then
  echo "the VS Code extension is not checked: npm is missing"
  exit 0
fi
sh dependencies.sh
npm run --silent check
npm test --silent
