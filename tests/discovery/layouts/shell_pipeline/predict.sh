#!/bin/sh
# usage: predict.sh MODEL INPUT OUTPUT
set -eu
awk -F, 'NR == FNR { mean[$1] = $2; next } FNR == 1 { print "prediction"; next } { print mean[$1] + 0 }' "$1" "$2" > "$3"
