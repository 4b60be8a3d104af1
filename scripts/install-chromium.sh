#!/usr/bin/env bash
# Installs Debian's or Ubuntu's Chromium, in which tests/browser look at the pages, unless it is there (needs root or sudo).
set -euo pipefail
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

[ -x /usr/bin/chromium ] && exit 0
as_root apt-get update -qq
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
