#!/bin/sh
# Start a sign-up, then show what has happened lately: sh sign_up.sh ada@example.org
set -eu
api() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer $SIGNUP_KEY" "$@"; }

# The words that the person read have a version: name it.
version=$(api "$SIGNUP_URL/api/v1/forms/$SIGNUP_FORM" | sed 's/.*"version":\([0-9]*\).*/\1/')
# An Idempotency-Key lets you send the request again when its answer got lost.
api -X POST "$SIGNUP_URL/api/v1/signups" -H "Content-Type: application/json" -H "Idempotency-Key: $(date +%s)-$1" \
  -d "{\"form\": \"$SIGNUP_FORM\", \"form_version\": $version, \"consent\": true, \"email\": \"$1\"}"
echo
api "$SIGNUP_URL/api/v1/events?limit=10"
