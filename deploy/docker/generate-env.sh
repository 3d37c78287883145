#!/bin/sh
# Secrets for docker compose, new at every call: sh deploy/docker/generate-env.sh > .env
set -eu
umask 077
for name in POSTGRES_PASSWORD ACCOUNTS_PASSWORD PRICING_PASSWORD CATALOG_PASSWORD ORDER_EXPORT_PASSWORD \
    ANALYTICS_PASSWORD KONTOR_CURSOR_SECRET KONTOR_TOKEN_SECRET KONTOR_CONNECTOR_KEY; do
    printf '%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
done
