#!/bin/sh
# usage: train.sh DATA MODEL
# The mean of y for every value of kind.
set -eu
mkdir -p "$(dirname "$2")"
awk -F, 'NR > 1 { sum[$1] += $3; count[$1]++ } END { for (kind in sum) print kind "," sum[kind] / count[kind] }' "$1" > "$2"
