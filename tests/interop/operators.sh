#!/usr/bin/env bash
# What the documents give operators, checked by the programs that will read it: promtool on a metrics file that an audit wrote,
# systemd-analyze on the units. A program that is not installed is said to be missing, and its check is left out.
#
#   tests/interop/operators.sh path/to/chatferry
set -euo pipefail
chatferry=$(realpath "$1")
guide=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../docs/guides/nightly-audit.md")
deploy=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../deploy/systemd")
scratch=$(mktemp -d)
server=
clean_up() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap clean_up EXIT
cd "$scratch"

# The block of a language in the guide that has this text.
block() {
  awk -v language="$1" -v text="$2" '
    $0 == "```" language { inside = 1; found = ""; next }
    inside && $0 == "```" { inside = 0; if (index(found, text)) { printf "%s", found; exit } }
    inside { found = found $0 "\n" }' "$guide"
}

"$chatferry" simulate --users 30 --channels 20 >simulator.txt 2>simulator.err &
server=$!
for _ in $(seq 100); do
  if grep -q '^chatferry crawl ' simulator.txt; then break; fi
  sleep 0.1
done
service=$(sed -n 's/^chatferry crawl --service \(IS[0-9a-f]*\)$/\1/p' simulator.txt)
eval "$(grep '^export ' simulator.txt)"
audit() {
  "$chatferry" audit --service "$service" --dir audits --rps 0 --progress none --metrics-file "$1.prom" "${@:2}"
}
# Audits are named by the second; these need not wait for the next.
export CHATFERRY_TEST_NOW=2026-11-23T02:00:00Z
audit first --quiet
export CHATFERRY_TEST_NOW=2026-11-24T02:00:00Z
audit second --quiet
export CHATFERRY_TEST_NOW=2026-11-25T02:00:00Z
TWILIO_AUTH_TOKEN=0123456789abcdef0123456789abcdef audit refused --quiet 2>refused.txt && exit 1
grep -q 'verdict="failed"} 1' refused.prom

if command -v promtool >/dev/null; then
  for file in first second refused; do
    said=$(promtool check metrics <"$file.prom" 2>&1) || { printf '%s\n' "$said"; exit 1; }
    test -z "$said" || { printf 'promtool of %s: %s\n' "$file" "$said"; exit 1; }
  done
  printf 'promtool: the metrics files are as they should be\n'
else
  printf 'promtool is not installed: metrics files were not checked\n'
fi

if command -v systemd-analyze >/dev/null; then
  # The program is not installed where the unit says, and this is not the machine that it will run on.
  block ini '[Service]' | sed "s|/usr/local/bin/chatferry|$chatferry|" >chatferry-audit.service
  block ini '[Timer]' >chatferry-audit.timer
  test -s chatferry-audit.service && test -s chatferry-audit.timer
  said=$(systemd-analyze verify --man=no --recursive-errors=no ./chatferry-audit.service ./chatferry-audit.timer 2>&1) ||
    { printf '%s\n' "$said"; exit 1; }
  test -z "$said" || { printf 'systemd-analyze: %s\n' "$said"; exit 1; }
  printf 'systemd-analyze: service and timer are as they should be\n'
  # Of many accounts: a unit for each, of one template.
  for unit in "$deploy"/*; do
    name=$(basename "$unit")
    sed "s|/usr/local/bin/chatferry|$chatferry|" "$unit" >"${name/@/@acme}"
  done
  said=$(systemd-analyze verify --man=no --recursive-errors=no ./chatferry-audit@acme.service ./chatferry-audit@acme.timer 2>&1) ||
    { printf '%s\n' "$said"; exit 1; }
  test -z "$said" || { printf 'systemd-analyze: %s\n' "$said"; exit 1; }
  printf 'systemd-analyze: the templates of deploy/systemd are as they should be\n'
else
  printf 'systemd-analyze is not installed: units were not checked\n'
fi
