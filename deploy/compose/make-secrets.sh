#!/bin/sh
# Makes what compose.yaml refers to: ./secrets, and the id of the group that may read it in ./.env. Nothing that is
# there already is changed. Run it once, in the repository, as the user who runs compose.
set -eu
umask 027
cd "$(dirname "$0")/../.."
mkdir -p secrets

random() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
keep() { [ -e "secrets/$1" ] || { cat > "secrets/$1"; chmod 440 "secrets/$1"; }; }

[ -e secrets/vault_key ] || { head -c 32 /dev/urandom > secrets/vault_key; chmod 440 secrets/vault_key; }
random 24 | keep postgres_password
printf 'postgresql://hedgerow:%s@postgres:5432/hedgerow' "$(cat secrets/postgres_password)" | keep database_url
random 24 | keep redis_password
printf 'redis://:%s@redis:6379/0' "$(cat secrets/redis_password)" | keep redis_url
printf 'requirepass %s\n' "$(cat secrets/redis_password)" | keep redis_auth.conf
random 24 | keep grafana_password
[ -e secrets/simulator_account.json ] || {
  key=$(random 9) secret=$(random 18)
  printf '%s:%s:paper' "$key" "$secret" | keep simulator_keys
  printf '{"apiKey": "%s", "secret": "%s"}\n' "$key" "$secret" | keep simulator_account.json
}

[ -e .env ] || printf 'DESK_SECRETS_GID=%s\n' "$(id -g)" > .env
echo "secrets/ and .env are there; keep secrets/vault_key somewhere else too: without it the accounts cannot be opened"
