#!/usr/bin/env bash
# Checks every SQL function with plpgsql_check, through `supabase db lint`, and fails on a warning.
# The PostgreSQL of the npm package has no plpgsql_check, so this script starts Debian's or Ubuntu's on loopback and ends it.
set -euo pipefail
cd "$(dirname "$0")/.."

help() {
  cat <<'HELP'
Usage: npm run check:sql [-- --install]

Applies the migrations to a throwaway PostgreSQL and checks every SQL function with plpgsql_check.
Needs Debian's or Ubuntu's packages postgresql-N and postgresql-N-plpgsql-check.

  --install   install the two packages with apt-get if they are missing (needs root or sudo)
  --help      print this text
HELP
}

install=false
for option in "$@"; do
  case "$option" in
    --install) install=true ;;
    --help) help; exit 0 ;;
    *) echo "Option refused: \"$option\" on the command line; allowed: --install, --help." >&2; exit 2 ;;
  esac
done

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

find_postgres() {
  local control
  for control in /usr/share/postgresql/*/extension/plpgsql_check.control; do
    local major; major=$(basename "$(dirname "$(dirname "$control")")")
    [ -x "/usr/lib/postgresql/$major/bin/initdb" ] && echo "/usr/lib/postgresql/$major/bin" && return
  done
  return 1
}

if ! find_postgres >/dev/null && [ "$install" = true ]; then
  as_root apt-get update -qq
  package=$(apt-cache search --names-only '^postgresql-[0-9]+-plpgsql-check$' | awk '{print $1}' | sort -V | tail -1)
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${package%-plpgsql-check}" "$package" >/dev/null
fi
bin=$(find_postgres) || {
  echo "No PostgreSQL with plpgsql_check was found in /usr/lib/postgresql; allowed: run it with --install." >&2
  exit 1
}

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
folder=$(as_postgres mktemp -d)
stop() {
  as_postgres "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop || true
  as_postgres rm -rf "$folder"
}
trap stop EXIT
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
as_postgres "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
as_postgres "$bin/pg_ctl" -D "$folder/data" -s -w -l "$folder/log" start \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder -c fsync=off"
url="postgresql://postgres@127.0.0.1:$port/postgres?sslmode=disable"
"$bin/psql" -q -v ON_ERROR_STOP=1 -f local/supabase-bootstrap.sql "$url"

node --import ./scripts/require-setup.mjs scripts/supabase.ts db push --remote "$url" --yes
node --import ./scripts/require-setup.mjs scripts/supabase.ts db lint --remote "$url" --level warning --fail-on warning
