#!/bin/sh
# The list of targets, read from the Makefile: "target: … ## tiếng Việt | English".

. "$(dirname -- "$0")/ground.sh"

say "Đô Thị. Hai lệnh cần nhớ: make demo, make test." "Đô Thị. Two commands to remember: make demo, make test."
awk -v language="$DOTHI_LANGUAGE" '
    /^[a-z]+:.*## / {
        target = $0; sub(/:.*/, "", target)
        words = $0; sub(/^.*## /, "", words)
        split(words, text, " [|] ")
        printf "  %-11s %s\n", target, text[language == "en" ? 2 : 1]
    }' Makefile
