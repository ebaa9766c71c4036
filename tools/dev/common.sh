# Shared by the scripts beside it, which source it. Sets root (this repository).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '== %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# buildFolder [DIR]: DIR, or build/ in the repository, as an absolute path; made.
buildFolder() {
  local folder=${1:-$root/build}
  mkdir -p "$folder"
  (cd "$folder" && pwd)
}

# quietly LOG COMMAND...: the output goes to LOG; its end is shown on failure.
quietly() {
  local log=$1; shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    fail "'$*' failed; all of its output is in $log"
  fi
}
