"""Kindred in the tests of a Python program, with nothing but the standard library.

The server is a process of its own: KINDRED_URL, KINDRED_CLIENT_ID and KINDRED_CLIENT_SECRET tell of it. Run:

    python3 -m unittest test_people
"""

import json
import os
import unittest
import urllib.error
import urllib.parse
import urllib.request

# Plain HTTP is answered on this machine too, so that no certificate authority has to be trusted.
URL = os.environ["KINDRED_URL"].replace("https://", "http://")


def call(method, path, body=None, token=None):
    """Sends JSON and returns the status and the answer."""
    request = urllib.request.Request(URL + path, method=method)
    if token is not None:
        request.add_header("Authorization", "Bearer " + token)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def get_token():
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["KINDRED_CLIENT_ID"],
        "client_secret": os.environ["KINDRED_CLIENT_SECRET"],
        "audience": os.environ["KINDRED_URL"] + "/api",
    }
    with urllib.request.urlopen(URL + "/oauth2/token", urllib.parse.urlencode(form).encode()) as reply:
        return json.load(reply)["access_token"]


class PeopleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        status, _ = call("POST", "/_kindred/seed", {"users": [{"email": "ada@example.com"}]})
        assert status == 201

    def setUp(self):
        call("POST", "/_kindred/reset")

    def test_who_is_there(self):
        status, answer = call("GET", "/api/v1/users", token=get_token())
        self.assertEqual(status, 200)
        self.assertEqual([user["email"] for user in answer["users"]], ["ada@example.com"])

    def test_patience_is_asked_for_once(self):
        call("POST", "/_kindred/faults", {"operation": "getUsers", "status": 429, "times": 1})
        token = get_token()
        statuses = [call("GET", "/api/v1/users", token=token)[0] for _ in range(2)]
        self.assertEqual(statuses, [429, 200])
        _, log = call("GET", "/_kindred/requests?operation=getUsers")
        self.assertEqual([request["status"] for request in log["requests"]], [429, 200])

    def test_a_token_expires_after_a_day(self):
        token = get_token()
        call("POST", "/_kindred/clock/advance", {"by": "1d"})
        self.assertEqual(call("GET", "/api/v1/users", token=token)[0], 401)


if __name__ == "__main__":
    unittest.main()
