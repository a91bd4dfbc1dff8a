#!/bin/sh
# Checks the plugin's Lua: layout (StyLua from npm), lint (luacheck from Debian's lua-check) and, where
# there is a lua-language-server, its LuaCATS types. A tool that is missing is named and skipped.
set -eu
cd "$(dirname "$0")"

if command -v npm >/dev/null 2>&1; then
  [ -d tooling/node_modules ] || npm --prefix tooling ci --silent --no-audit --no-fund
  npm --prefix tooling run --silent check
else
  echo "stylua skipped: npm is missing"
fi

if command -v luacheck >/dev/null 2>&1; then
  luacheck --quiet --no-color lua lsp plugin
else
  echo "luacheck skipped: it is missing (apt-get install lua-check)"
fi

if command -v lua-language-server >/dev/null 2>&1; then
  lua-language-server --check . --checklevel=Warning
fi
