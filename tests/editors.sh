#!/bin/sh
# Brings the real editors that the tests drive into .cache, beside the system. What cannot be had here is
# said, and its tests skip by name.
set -u
cd "$(dirname "$0")/rigs"
cache=../../.cache
get() { # EDITOR FOLDER [RELEASE]
	sh "get_$1.sh" ${3+"$3"} "$cache/$2" >/dev/null || echo "the tests without it are skipped by name"
}
get neovim neovim/trixie trixie
get neovim neovim/sid sid
get code_server code-server-4.99.4
get helix helix-trixie trixie
get helix helix-sid sid
get emacs emacs-trixie trixie
