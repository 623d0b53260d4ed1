#!/bin/sh
# Asks for an access token with an application's credentials, then lists the users with it.
# CURL_CA_BUNDLE names the CA file of a server whose certificate comes from a CA of its own.
set -eu

url=${KINDRED_URL:?is not set}
client_id=${KINDRED_CLIENT_ID:?is not set}
client_secret=${KINDRED_CLIENT_SECRET:?is not set}
audience=${KINDRED_AUDIENCE:-$url/api}

newline='
'

# member NAME: the first string of that name in the JSON on standard input, or nothing.
# NAME may be a choice, as in "error|code".
member() {
  grep -Eo "\"($1)\"[[:space:]]*:[[:space:]]*\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

# call METHOD ADDRESS OPTION…: sends a request with curl and prints the body of the reply.
# A refusal ends the program, with its status, code and message on standard error.
call() {
  reply=$(curl --silent --show-error --write-out '\n%{http_code}' --request "$@") || exit 1
  status=${reply##*"$newline"}
  body=${reply%"$newline"*}
  case $status in
  2??) printf '%s\n' "$body" ;;
  *)
    code=$(printf '%s' "$body" | member 'error|code')
    message=$(printf '%s' "$body" | member 'error_description|message')
    printf '%s %s: %s %s\n' "$1" "$2" "$status" "${code:+$code: }${message:-$body}" >&2
    exit 1
    ;;
  esac
}

# Secret and token reach curl through standard input: any user of the machine can read its arguments.
reply=$(
  printf '%s' "$client_secret" | call POST "$url/oauth2/token" \
    --data grant_type=client_credentials \
    --data-urlencode "client_id=$client_id" \
    --data-urlencode client_secret@- \
    --data-urlencode "audience=$audience"
)
token=$(printf '%s' "$reply" | member access_token)

printf 'Authorization: Bearer %s\n' "$token" | call GET "$url/api/v1/users" --header @-
