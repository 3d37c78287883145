#!/bin/sh
# A role and a database per service, owned by it and closed to the others. Runs once, on an empty volume.
set -eu
for service in accounts pricing catalog order_export analytics; do
    variable=$(printf '%s_PASSWORD' "$service" | tr '[:lower:]' '[:upper:]')
    password=$(printenv "$variable")
    psql --set ON_ERROR_STOP=1 --username postgres --set role="$service" --set password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
