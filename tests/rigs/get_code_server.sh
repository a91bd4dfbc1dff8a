#!/bin/sh
# Install VS Code as code-server has it: the editor itself, to be opened in a browser.
#
#   get_code_server.sh FOLDER
#
# Afterwards `node FOLDER/node_modules/code-server/lib/vscode/out/server-main.js` serves it; where
# the stamp lies already, nothing is done. Everything comes from npm. Needs no root, but Node 20 with
# its headers, a C++ compiler and Chromium; what is missing is said in one line.
#
# Only what an editor with extensions needs is built: spdlog for its logs and output channels, node-pty
# for its terminals. File watching comes prebuilt; proxies with Kerberos and code-server's own login
# (argon2) are done without, as the tests start VS Code's server directly.
set -eu

version=4.99.4
[ $# -eq 1 ] || { echo "usage: get_code_server.sh FOLDER" >&2; exit 2; }
folder=$(realpath -m "$1")
stamp=$folder/complete-$version

give_up() {
  echo "get_code_server.sh: $1" >&2
  exit 1
}

command -v chromium >/dev/null || give_up "chromium is missing: apt-get install chromium"
command -v node >/dev/null || give_up "node is missing: install Node 20 with npm"
command -v npm >/dev/null || give_up "npm is missing: install Node 20 with npm"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || give_up "Node $major is too old for VS Code 1.99: install Node 20"
[ ! -e "$stamp" ] || exit 0

headers=$(node -p 'path.dirname(path.dirname(process.execPath))')
[ -e "$headers/include/node/node.h" ] || give_up "$headers/include/node has no node.h: install Node's headers"
for tool in g++ make python3; do
  command -v $tool >/dev/null || give_up "$tool is missing: apt-get install g++ make python3"
done
gyp=$(dirname "$(realpath "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js
[ -e "$gyp" ] || gyp=$(npm root --global)/npm/node_modules/node-gyp/bin/node-gyp.js
[ -e "$gyp" ] || give_up "npm brings no node-gyp: install npm from nodejs.org"

rm -rf "$folder"
mkdir -p "$folder"
log=$folder/install.log

# Compiling takes most of the time; nobody here needs fast logs.
CXXFLAGS=${CXXFLAGS:--O0}
export CXXFLAGS

# Runs a command; what it says goes to the log, and its last line is the reason if it fails.
run() {
  "$@" >>"$log" 2>&1 || give_up "$* failed: $(grep -v '^gyp' "$log" | tail -n 1) (see $log)"
}
install="npm install --ignore-scripts --no-audit --no-fund --omit=dev"

cd "$folder"
echo '{"private": true}' >package.json
run $install code-server@$version
cd node_modules/code-server/lib/vscode
run $install
build() { # MODULE
  cd "node_modules/$1"
  run node "$gyp" rebuild --jobs=2 --nodedir="$headers"
}
(build node-pty && cd ../.. && build @vscode/spdlog) &
building=$!
(cd extensions && run $install)
wait $building || give_up "node-pty and spdlog were not built (see $log)"
# Where VS Code looks for its modules when it is not run from a checkout.
ln -sfn node_modules node_modules.asar
if command -v rg >/dev/null; then
  mkdir -p node_modules/@vscode/ripgrep/bin
  ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
fi
touch "$stamp"
