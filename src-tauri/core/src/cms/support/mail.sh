#!/bin/sh
# What PHP calls to send mail: keeps the message of standard input as a file of the folder $1, and sends nothing.
umask 077
mkdir -p "$1" || exit 73
file=$(mktemp "$1/.XXXXXXXXXX") || exit 73
cat >"$file" && mv "$file" "$1/$(date +%s)-${file##*/.}.eml"
