#!/bin/sh
# Unpack a Debian release's Neovim, with its own C library, beside the system.
#
#   get_neovim.sh RELEASE FOLDER
#
# RELEASE is trixie (Neovim 0.10) or sid (0.12). Afterwards FOLDER/nvim runs it; where that already
# runs, nothing is done. Needs no root.
set -eu

[ $# -eq 2 ] || { echo "usage: get_neovim.sh RELEASE FOLDER" >&2; exit 2; }
folder=$(realpath -m "$2")

if [ -x "$folder/nvim" ] && "$folder/nvim" --version >/dev/null 2>&1; then
  "$folder/nvim" --version | head -n 1
  exit 0
fi

sh "$(dirname "$0")/unpack_debian.sh" "$1" "$folder" neovim
# Neovim's terminal interface starts a second Neovim from /proc/self/exe. Were it run through the loader
# that would be the loader, so its file itself must name the loader and the libraries.
"$(cat "$folder/loader")" --library-path "$(cat "$folder/libraries")" "$folder/root/usr/bin/patchelf" \
  --set-interpreter "$(cat "$folder/loader")" --force-rpath --set-rpath "$(cat "$folder/libraries")" "$folder/root/usr/bin/nvim"

printf '#!/bin/sh\nVIMRUNTIME="%s" exec "%s" "$@"\n' \
  "$folder/root/usr/share/nvim/runtime" "$folder/root/usr/bin/nvim" >"$folder/nvim"
chmod +x "$folder/nvim"
"$folder/nvim" --version | head -n 1
