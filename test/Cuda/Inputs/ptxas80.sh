#!/bin/sh
# A ptxas that knows sm_80 only; the last argument is the file to write.
case "$*" in *sm_80*) ;; *) exit 1 ;; esac
for file; do :; done
echo cubin > "$file"
