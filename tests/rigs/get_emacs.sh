#!/bin/sh
# Unpack a Debian release's Emacs (without windows) and lsp-mode, with its own C library, beside the
# system.
#
#   get_emacs.sh RELEASE FOLDER
#
# RELEASE is trixie (Emacs 30.1, lsp-mode 9) or sid. Afterwards FOLDER/emacs and FOLDER/emacsclient run
# it, with eglot, which is a part of it, and lsp-mode; where it already runs, nothing is done. Needs no
# root.
set -eu

[ $# -eq 2 ] || { echo "usage: get_emacs.sh RELEASE FOLDER" >&2; exit 2; }
folder=$(realpath -m "$2")

if [ -x "$folder/emacs" ] && "$folder/emacs" --version >/dev/null 2>&1; then
  "$folder/emacs" --version | head -n 1
  exit 0
fi

sh "$(dirname "$0")/unpack_debian.sh" "$1" "$folder" emacs-nox emacs-el elpa-lsp-mode
usr=$folder/root/usr
for program in emacs-nox emacsclient.emacs; do
  # Servers are started by the editor: a loader in the environment would be theirs, too, so the files
  # themselves name the loader and the libraries.
  "$(cat "$folder/loader")" --library-path "$(cat "$folder/libraries")" "$usr/bin/patchelf" \
    --set-interpreter "$(cat "$folder/loader")" --force-rpath --set-rpath "$(cat "$folder/libraries")" "$usr/bin/$program"
done
dump=$(find "$usr/libexec/emacs" -name 'emacs-*.pdmp' | head -n 1)
version=$(ls "$usr/libexec/emacs")

# Emacs looks for its parts where Debian installs them; every variable names where they are instead.
lisp=$folder/site:$usr/share/emacs/$version/lisp
for package in "$usr"/share/emacs/site-lisp/elpa-src/*/; do lisp=$lisp:${package%/}; done
# Its compiler to machine code needs a whole C compiler.
mkdir -p "$folder/site"
cat >"$folder/site/site-start.el" <<END
(setq native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil)
(load "lsp-mode-autoloads" t t)
END
cat >"$folder/emacs" <<END
#!/bin/sh
EMACSLOADPATH="$lisp" EMACSDATA="$usr/share/emacs/$version/etc" EMACSDOC="$usr/share/emacs/$version/etc" \\
EMACSPATH="$(dirname "$dump")" exec "$usr/bin/emacs-nox" --dump-file "$dump" "\$@"
END
printf '#!/bin/sh\nexec "%s" "$@"\n' "$usr/bin/emacsclient.emacs" >"$folder/emacsclient"
chmod +x "$folder/emacs" "$folder/emacsclient"
"$folder/emacs" --version | head -n 1
