#!/bin/sh
# The Debian packages that the tests drive: speech, a virtual microphone, a terminal, a browser.
# Installs what is missing where it may; otherwise names it, and the tests that need it skip by name.
set -u
missing=""
need() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need espeak-ng espeak-ng
need flite flite
need text2wave "festival festvox-kdlpc16k festvox-us-slt-hts"
need sox sox
need pulseaudio pulseaudio
need pactl pulseaudio-utils
need tmux tmux
need luacheck lua-check
need chromium chromium
need g++ g++
need make make
case "$(uname -s)" in
Linux)
	ldconfig -p 2>/dev/null | grep -q libportaudio.so.2 || missing="$missing libportaudio2"
	find /usr/lib -name libasound_module_pcm_pulse.so 2>/dev/null | grep -q . || missing="$missing libasound2-plugins"
	;;
esac
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null 2>&1; then
	if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo -n"; fi
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086
	if $sudo apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 ||
		{ $sudo apt-get update -qq >/dev/null && $sudo apt-get install -qq -y --no-install-recommends $missing >/dev/null; }; then
		echo "installed:$missing"
		exit 0
	fi
fi
echo "missing:$missing - the tests that need them are skipped by name"
