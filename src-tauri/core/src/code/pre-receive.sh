#!/bin/sh
# Written by Portico: says what a push may do. Lines of portico-branches: mode, site.env, branch.
none=0000000000000000000000000000000000000000
refused=0
refuse() {
	echo "Portico: $1" >&2
	refused=1
}
while read -r old new ref; do
	case $ref in
	refs/heads/*)
		name=${ref#refs/heads/}
		while read -r mode environment branch; do
			[ "$branch" = "$name" ] || continue
			if [ "$new" = "$none" ]; then
				refuse "$environment follows the branch $name, so it can't be deleted by a push"
			elif [ "$mode" = sftp ]; then
				refuse "$environment is in SFTP mode: its folder is edited, so $name takes no pushes"
				echo "Commit there, or run: portico connection:set $environment git" >&2
			fi
		done <portico-branches
		;;
	esac
done
exit $refused
