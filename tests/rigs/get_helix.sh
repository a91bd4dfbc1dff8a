#!/bin/sh
# Unpack a Debian release's Helix, with its own C library, beside the system.
#
#   get_helix.sh RELEASE FOLDER
#
# RELEASE is trixie (Helix 25.01) or sid (25.07 or newer). Afterwards FOLDER/hx runs it; where that
# already runs, nothing is done. Needs no root.
set -eu

[ $# -eq 2 ] || { echo "usage: get_helix.sh RELEASE FOLDER" >&2; exit 2; }
folder=$(realpath -m "$2")

if [ -x "$folder/hx" ] && "$folder/hx" --version >/dev/null 2>&1; then
  "$folder/hx" --version
  exit 0
fi

sh "$(dirname "$0")/unpack_debian.sh" "$1" "$folder" hx
# Servers are started by the editor: a loader in the environment would be theirs, too, so its file
# itself names the loader and the libraries.
"$(cat "$folder/loader")" --library-path "$(cat "$folder/libraries")" "$folder/root/usr/bin/patchelf" \
  --set-interpreter "$(cat "$folder/loader")" --force-rpath --set-rpath "$(cat "$folder/libraries")" "$(realpath "$folder/root/usr/lib/hx/hx")"

printf '#!/bin/sh\nHELIX_RUNTIME="%s" exec "%s" "$@"\n' \
  "$folder/root/usr/lib/hx/runtime" "$folder/root/usr/lib/hx/hx" >"$folder/hx"
chmod +x "$folder/hx"
"$folder/hx" --version
