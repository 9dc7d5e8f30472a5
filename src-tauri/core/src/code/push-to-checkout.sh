#!/bin/sh
# Written by Portico: brings a folder to the pushed commit $1 as Git's updateInstead does, and refuses what it refuses; but
# first notes the way back on the disk, for a power cut leaves files in the folder that are empty. Portico's start reads it.
common=$(git rev-parse --git-common-dir)
program=
while read -r mode _ path; do
	[ "$mode" = program ] && program=$path
done <"$common/portico-branches"
mkdir -p "$common/portico-pushes"
note=$common/portico-pushes/.folder.$PPID.${GIT_DIR##*/}
printf '%s\n' "$(git symbolic-ref HEAD)" "$(git rev-parse HEAD)" "$1" >"$note"
refuse() {
	rm -f "$note"
	echo "$1" >&2
	exit 1
}
git update-index -q --ignore-submodules --refresh || refuse "Up-to-date check failed"
git diff-files --quiet --ignore-submodules -- || refuse "Working directory has unstaged changes"
git diff-index --quiet --cached --ignore-submodules HEAD -- || refuse "Working directory has staged changes"
if [ -x "$program" ]; then "$program" written-out "$common" </dev/null; else sync; fi
git read-tree -u -m HEAD "$1" || refuse "Could not update working tree to new HEAD"
