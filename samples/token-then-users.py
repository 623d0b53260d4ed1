"""Asks for an access token with an application's credentials, then lists the users with it.

SSL_CERT_FILE names the CA file of a server whose certificate comes from a CA of its own.
"""

import json
import os
import sys
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


def main():
    url = setting("KINDRED_URL")
    form = {
        "grant_type": "client_credentials",
        "client_id": setting("KINDRED_CLIENT_ID"),
        "client_secret": setting("KINDRED_CLIENT_SECRET"),
        "audience": os.environ.get("KINDRED_AUDIENCE") or f"{url}/api",
    }
    # A request with data is sent as a form.
    token = call(Request(f"{url}/oauth2/token", data=urlencode(form).encode(), method="POST"))

    headers = {"Authorization": f"Bearer {json.loads(token)['access_token']}"}
    print(call(Request(f"{url}/api/v1/users", headers=headers)))


def call(request):
    """Returns the body of a good reply; ends the program after any other."""
    try:
        with urlopen(request) as reply:
            return reply.read().decode()
    except HTTPError as refusal:
        reason = f"{refusal.code} {complaint(refusal.read().decode())}"
    except URLError as failure:
        reason = failure.reason
    sys.exit(f"{request.get_method()} {request.full_url}: {reason}")


def complaint(body):
    """The token endpoint answers {error, error_description}, the API {errors: [{code, message}]}."""
    try:
        reply = json.loads(body)
        if "error" in reply:
            return f"{reply['error']}: {reply['error_description']}"
        return f"{reply['errors'][0]['code']}: {reply['errors'][0]['message']}"
    except (ValueError, LookupError, TypeError):
        return body  # neither of the two: a proxy's page, for example


def setting(name):
    return os.environ.get(name) or sys.exit(f"{name} is not set")


if __name__ == "__main__":
    main()
