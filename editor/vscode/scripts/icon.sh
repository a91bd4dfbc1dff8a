#!/bin/sh
# Makes media/icon.png of media/icon.svg: the Marketplace takes no SVG. Needs librsvg.
set -eu
cd "$(dirname "$0")/../media"
rsvg-convert --width 256 --height 256 --output icon.png icon.svg
