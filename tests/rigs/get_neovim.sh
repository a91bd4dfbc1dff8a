#!/bin/sh
# Unpack a Debian release's Neovim, with its own C library, beside the system.
#
#   get_neovim.sh RELEASE FOLDER
#
# RELEASE is trixie (Neovim 0.10) or sid (0.12). Afterwards FOLDER/nvim runs it; where that already
# runs, nothing is done. The mirror is the one this machine's apt uses. Needs no root.
set -eu

[ $# -eq 2 ] || { echo "usage: get_neovim.sh RELEASE FOLDER" >&2; exit 2; }
release=$1
folder=$(realpath -m "$2")

if [ -x "$folder/nvim" ] && "$folder/nvim" --version >/dev/null 2>&1; then
  "$folder/nvim" --version | head -n 1
  exit 0
fi

for tool in apt-get apt-cache dpkg; do
  command -v "$tool" >/dev/null || { echo "get_neovim.sh: $tool is missing: this needs Debian or a relative of it" >&2; exit 1; }
done

# Both of apt's formats name the mirror: "URIs: http://..." and "deb [options] http://... release main".
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
  awk '$1 == "URIs:" {print $2; exit}
       $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^(https?|file|mirror\+[a-z]+):/) {print $i; exit}}')
[ -n "$mirror" ] || { echo "get_neovim.sh: no mirror in /etc/apt: add one, then retry" >&2; exit 1; }

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# apt's own download user must be able to enter.
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$work/sources.list"
set -- -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::State::status=/dev/null \
  -o APT::Sandbox::User=root
apt-get "$@" update
packages=$(apt-cache "$@" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
  --no-replaces --no-enhances neovim patchelf | grep -E '^[a-z]' | sort -u)
# shellcheck disable=SC2086 # one word per package
(cd "$work/debs" && apt-get "$@" download $packages)

# Unpacked at its final place, because the program is told where its libraries are.
rm -rf "$folder"
mkdir -p "$folder"
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$folder/root"; done
loader=$(find "$folder/root" -name 'ld-linux*.so.*' | head -n 1)
libraries=$(find "$folder/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)

# Neovim's terminal interface starts a second Neovim from /proc/self/exe. Were it run through the loader
# that would be the loader, so its file itself must name the loader and the libraries.
"$loader" --library-path "$libraries" "$folder/root/usr/bin/patchelf" \
  --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$folder/root/usr/bin/nvim"

printf '#!/bin/sh\nVIMRUNTIME="%s" exec "%s" "$@"\n' \
  "$folder/root/usr/share/nvim/runtime" "$folder/root/usr/bin/nvim" >"$folder/nvim"
chmod +x "$folder/nvim"
"$folder/nvim" --version | head -n 1
