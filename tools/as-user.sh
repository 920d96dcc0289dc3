#!/usr/bin/env bash
# Runs CMD in this tree as somebody whom PostgreSQL accepts: tools/as-user.sh CMD [ARG...]
#
# Not root: just runs it here. Root: runs it as WALLET_USER (default postgres, whom the server's package
# makes) in a copy of the tree, build/user, or one below /tmp if that user cannot get there or another
# run has it. What CMD leaves in build/out comes back to build/out. The exit code is CMD's.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -gt 0 ] || die "which command?"
{ true <&0; } 2>/dev/null || exec </dev/null
is_root || exec "$@"

user=${WALLET_USER:-postgres}
id "$user" >/dev/null 2>&1 || die "no user $user here; tools/setup.sh demo installs PostgreSQL, which makes postgres"

# -- as the user, with nothing of root's environment that points to root's places
as_user() {
    env -u XDG_RUNTIME_DIR -u XDG_CONFIG_HOME -u XDG_CACHE_HOME HOME="$copy" USER="$user" LOGNAME="$user" TMPDIR=/tmp \
        setpriv --reuid="$user" --regid="$(id -gn "$user")" --init-groups -- "$@"
}

# The names of all files of the tree that are not made by building, NUL-terminated.
list_files() {
    local repo=(git -c safe.directory='*')
    if [ "$("${repo[@]}" rev-parse --show-toplevel 2>/dev/null)" = "$top" ]; then
        "${repo[@]}" ls-files -z --cached --others --exclude-standard | sort -zu |
            while IFS= read -r -d '' file; do
                [ ! -e "$file" ] && [ ! -L "$file" ] || printf '%s\0' "$file"
            done
    else
        find . \( -path ./build -o -name .git -o -name .deps \) -prune -o ! -type d ! -name '*.o' ! -name '*.so' -print0
    fi
}

mkdir -p build
copy=$top/build/user
exec 9>build/user.lock
mkdir -p "$copy"
chown "$user": "$copy"
if ! flock -n 9 || ! as_user sh -c 'cd "$1" && [ -w . ]' - "$copy" 2>/dev/null; then
    copy=$(mktemp -d /tmp/wallet.XXXXXX)
    trap 'rm -rf "$copy"' EXIT
    chown "$user": "$copy"
fi

# What the last run built stays, the rest is made anew. Times are kept to the nanosecond
# (posix), so that all that changed, and only that, is compiled.
find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
list_files | tar --format=posix --null -T - -cf - | tar -xf - -C "$copy" --no-same-owner
mkdir -p "$copy/build"
rm -rf "$copy/build/out"
chown -R "$user": "$copy"

code=0
(cd "$copy" && as_user "$@") 9>&- || code=$?

for path in "$copy"/build/out/*; do
    [ -e "$path" ] || continue
    mkdir -p build/out
    rm -rf "build/out/${path##*/}"
    cp -R "$path" build/out/
    chown -R --reference=. build/out
done
exit $code
