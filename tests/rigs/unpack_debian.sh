#!/bin/sh
# Unpack packages of a Debian release, with all that they need, beside the system.
#
#   unpack_debian.sh RELEASE FOLDER PACKAGE...
#
# Afterwards FOLDER/root holds their files, FOLDER/loader and FOLDER/libraries name the release's own
# dynamic loader and the folders of its libraries, and `patchelf` is among the programs. The mirror is
# the one this machine's apt uses. Needs no root.
set -eu

[ $# -ge 3 ] || { echo "usage: unpack_debian.sh RELEASE FOLDER PACKAGE..." >&2; exit 2; }
release=$1
folder=$(realpath -m "$2")
shift 2
wanted=$*

for tool in apt-get apt-cache dpkg; do
  command -v "$tool" >/dev/null || { echo "unpack_debian.sh: $tool is missing: this needs Debian or a relative of it" >&2; exit 1; }
done

# Both of apt's formats name the mirror: "URIs: http://..." and "deb [options] http://... release main".
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
  awk '$1 == "URIs:" {print $2; exit}
       $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^(https?|file|mirror\+[a-z]+):/) {print $i; exit}}')
[ -n "$mirror" ] || { echo "unpack_debian.sh: no mirror in /etc/apt: add one, then retry" >&2; exit 1; }

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
# shellcheck disable=SC2086 # one word per package, here and below
packages=$(apt-cache "$@" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
  --no-replaces --no-enhances $wanted patchelf | grep -E '^[a-z]' | sort -u)
# Names of virtual packages are in the list, too, and cannot be downloaded.
real=$(apt-cache "$@" policy $packages | awk '/^[a-z]/ {name = $1} $1 == "Candidate:" && $2 != "(none)" {sub(/:$/, "", name); print name}')
(cd "$work/debs" && apt-get "$@" download $real)

# Unpacked at its final place, because the programs are told where their libraries are.
rm -rf "$folder"
mkdir -p "$folder"
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$folder/root"; done
find "$folder/root" -name 'ld-linux*.so.*' | head -n 1 >"$folder/loader"
find "$folder/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd: >"$folder/libraries"
