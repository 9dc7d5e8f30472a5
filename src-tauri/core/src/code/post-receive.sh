#!/bin/sh
# Written by Portico: leaves a note of what was pushed for the one who runs the sites.
program=
while read -r mode _ path; do
	[ "$mode" = program ] && program=$path
done <portico-branches
mkdir -p portico-pushes
note=portico-pushes/.$$
while read -r old new ref; do
	echo "$old $new $ref" >>"$note"
	case $ref in
	refs/tags/pantheon_test_* | refs/tags/pantheon_live_*)
		echo "Portico deploys ${ref#refs/tags/} now, or as soon as it runs." >&2
		;;
	esac
done
if [ -e "$note" ]; then
	mv "$note" "portico-pushes/$(date +%s).$$"
fi
# Git says that the push is done when this ends: all of it is on the disk then.
if [ -x "$program" ]; then "$program" written-out . </dev/null; else sync; fi
# What push-to-checkout noted is not needed any more.
rm -f portico-pushes/.folder."$PPID".*
