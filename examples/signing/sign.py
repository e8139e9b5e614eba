"""Signs requests with a shared secret: HTTP Message Signatures (RFC 9421) by hmac-sha256.

Python 3.9 or later, nothing to install. As a command:
  KEY_ID=… SECRET=<Base64> python3 sign.py POST https://example.com/orders?dry=1 '{"amount":100}'
"""
import base64, hashlib, hmac, os, sys, time, uuid
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen


def sign(method: str, url: str, body: bytes, key_id: str, secret: bytes) -> dict:
    """The headers that sign a request; `body` is the very bytes that will be sent."""
    parts = urlsplit(url)
    default = {"http": ":80", "https": ":443"}[parts.scheme]
    covered = {
        "@method": method.upper(),
        "@authority": parts.netloc.lower().removesuffix(default),
        "@path": parts.path or "/",
        "@query": "?" + parts.query,
    }
    headers = {}
    if body:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers["Content-Digest"] = covered["content-digest"] = f"sha-256=:{digest}:"
    names = " ".join(f'"{name}"' for name in covered)
    created, nonce = int(time.time()), uuid.uuid4()
    parameters = f'({names});created={created};nonce="{nonce}";keyid="{key_id}"'
    lines = "".join(f'"{name}": {value}\n' for name, value in covered.items())
    base = f'{lines}"@signature-params": {parameters}'.encode()
    signature = base64.b64encode(hmac.digest(secret, base, "sha256")).decode()
    return {**headers, "Signature-Input": f"sig={parameters}", "Signature": f"sig=:{signature}:"}


if __name__ == "__main__":
    method, url, body = sys.argv[1], sys.argv[2], "".join(sys.argv[3:]).encode()
    secret = base64.b64decode(os.environ["SECRET"])
    signed = sign(method, url, body, os.environ["KEY_ID"], secret)
    try:
        response = urlopen(Request(url, body or None, signed, method=method))
    except HTTPError as refusal:
        response = refusal
    print(response.status, response.read().decode())
