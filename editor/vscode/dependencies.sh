#!/bin/sh
# Brings the packages that the extension is built with, where package-lock.json is newer than they are.
set -eu
cd "$(dirname "$0")"
[ node_modules/.package-lock.json -nt package-lock.json ] ||
  npm ci --ignore-scripts --silent --no-audit --no-fund
