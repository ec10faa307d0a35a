# shellcheck shell=bash
# shellcheck disable=SC2034  # what is unused here is used by those that source it
# Where things are, and how the scripts speak. Sourced by them, not run.

# The repository's root.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Fetched weights and images, and the workers' models.
cache=${PADIM_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or PADIM_CACHE}/.cache}/padim}

# The release build's executables.
binaries=$root/.build/release

# One line about what happens next. On standard error, so that a script's standard output stays its results.
say() { printf '==> %s\n' "$*" >&2; }

# The job failed: status 1.
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The command line is wrong: status 2.
misuse() {
    printf '%s: %s\nTry %s --help\n' "${0##*/}" "$*" "$0" >&2
    exit 2
}

# The comment at the top of the running script is its help.
usage() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

# Refuses an option without its value: require_value "$@" where $1 is the option.
require_value() { [[ $# -ge 2 && -n $2 ]] || misuse "$1 needs a value"; }

# Builds the three executables, where nothing has changed in no time.
build_executables() {
    say "building in release (the first time takes a few minutes)"
    (cd "$root" && swift build -c release) >&2
}
