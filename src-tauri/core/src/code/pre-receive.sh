#!/bin/sh
# Written by Portico: says what a push may do. Lines of portico-branches:
#   sftp|git site.env branch, tags|untagged site.env tag-without-number, uploads - path, program - path
none=0000000000000000000000000000000000000000
refused=0
uploads=
program=
while read -r mode _ path; do
	case $mode in
	uploads) uploads=$path ;;
	program) program=$path ;;
	esac
done <portico-branches
refuse() {
	echo "Portico: $1" >&2
	refused=1
}
# Portico itself looks through the files, where it is still where it was; else the next deploy does.
# Uploads are content; tracked by Git they would be code as well.
check_code() {
	if [ -x "$program" ]; then
		"$program" pushed-code . "$1" --uploads "$uploads" </dev/null
		case $? in
		0) return ;;
		5) refused=1 && return ;;
		esac
	fi
	if [ -n "$uploads" ] && git cat-file -e "$1:$uploads" 2>/dev/null; then
		refuse "Git tracks files in $uploads, which is content, not code"
		echo "Run: git rm -r --cached $uploads, commit, and push again; the files themselves stay." >&2
	fi
}
check_branch() {
	while read -r mode environment branch; do
		case $mode in sftp | git) ;; *) continue ;; esac
		[ "$branch" = "$3" ] || continue
		if [ "$2" = "$none" ]; then
			refuse "$environment follows the branch $3, so it can't be deleted by a push"
		elif [ "$mode" = sftp ]; then
			refuse "$environment is in SFTP mode: its folder is edited, so $3 takes no pushes"
			echo "Commit there, or run: portico connection:set $environment git" >&2
		else
			check_code "$2"
		fi
	done <portico-branches
}
highest() {
	highest=0
	for known in $(git for-each-ref --format='%(refname:strip=2)' "refs/tags/$1_*"); do
		known=${known#"$1"_}
		case $known in '' | 0* | *[!0-9]*) continue ;; esac
		if [ ${#known} -le 15 ] && [ "$known" -gt "$highest" ]; then highest=$known; fi
	done
}
check_tag() {
	while read -r mode environment prefix; do
		case $mode in tags | untagged) ;; *) continue ;; esac
		case $3 in "$prefix"_*) ;; *) continue ;; esac
		number=${3#"$prefix"_}
		if [ "$2" = "$none" ]; then
			refuse "$3 is a deploy of $environment, so it can't be deleted"
			continue
		elif [ "$1" != "$none" ]; then
			refuse "$3 is a deploy of $environment, so it can't be moved; push a higher number"
			continue
		fi
		case $number in
		'' | 0* | *[!0-9]*) number=0 ;;
		esac
		if [ "$number" = 0 ] || [ ${#number} -gt 15 ]; then
			refuse "$3 can't deploy to $environment: after ${prefix}_ comes a number"
			continue
		fi
		highest "$prefix"
		if [ "$mode" = untagged ]; then
			refuse "$environment has not been initialized, so no tag can deploy to it"
			echo "Run: portico env:deploy $environment" >&2
		elif [ "$number" -le "$highest" ]; then
			refuse "$3 is not higher than ${prefix}_$highest, the newest deploy of $environment"
			echo "Push ${prefix}_$((highest + 1)) instead." >&2
		elif ! git rev-parse -q --verify "$2^{commit}" >/dev/null; then
			refuse "$3 is on no commit"
		else
			check_code "$2"
		fi
	done <portico-branches
}
while read -r old new ref; do
	case $ref in
	refs/heads/*) check_branch "$old" "$new" "${ref#refs/heads/}" ;;
	refs/tags/*) check_tag "$old" "$new" "${ref#refs/tags/}" ;;
	esac
done
exit $refused
