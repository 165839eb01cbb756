"""Start a sign-up, then show what has happened lately: python3 sign_up.py ada@example.org"""

import json
import os
import sys
import urllib.request
import uuid

URL, KEY, FORM = (os.environ[name] for name in ("SIGNUP_URL", "SIGNUP_KEY", "SIGNUP_FORM"))


def api(method: str, path: str, body: dict[str, object] | None = None, **headers: str) -> dict[str, object]:
    """The answer of one request. An error raises `HTTPError`: its body says what is wrong."""
    request = urllib.request.Request(f"{URL}/api/v1{path}", method=method)  # noqa: S310  # your own service
    for name, value in {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}.items():
        request.add_header(name.replace("_", "-"), value)
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=20) as answer:  # noqa: S310  # as above
        found: dict[str, object] = json.load(answer)
    return found


# The words that the person read have a version: name it.
form = api("GET", f"/forms/{FORM}")
signup = {"form": FORM, "form_version": form["version"], "consent": True, "email": sys.argv[1]}
# With an Idempotency-Key the request can be sent again when its answer got lost.
print(api("POST", "/signups", signup, Idempotency_Key=str(uuid.uuid4())))  # noqa: T201  # an example speaks
print(api("GET", "/events?limit=10"))  # noqa: T201  # as above
