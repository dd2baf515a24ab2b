"""A bank's machine at the county's door: signs one request, sends it, prints the answer.

Needs Python 3.11 and openssl 3, nothing of the county's. ``docs/bank-portal.md`` shows its use; a
bank that writes its own client has here the whole recipe, and ``vector`` to try its own against.
It is a sample: it keeps the key as a plain file, which a bank's own client should not.
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

AT = "/bank-api/v1"
SUITE = b"ed25519-sha256.v1"
_BARE_KEY = bytes.fromhex("302e020100300506032b657004220420")
"""How an Ed25519 private key in PKCS#8 begins; its 32 bytes follow."""


def labelled(label: str, *parts: bytes) -> bytes:
    """SHA-256 of ``lianhe.``, the label, a zero byte, and each part behind its length (8 bytes)."""
    state = hashlib.sha256(b"lianhe." + label.encode() + b"\x00")
    for part in parts:
        state.update(len(part).to_bytes(8, "big") + part)
    return state.digest()


def to_sign(key: str, method: str, target: str, body: bytes, time: str, nonce: str) -> bytes:
    """The 32 bytes that Ed25519 signs: key id, method, path with query, body, time and nonce."""
    said = [key, method, target, labelled("body", body).hex(), time, nonce]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return labelled("sign.request.v1", SUITE, text)


def signature(key_file: Path, message: bytes) -> str:
    """Base64 of the signature, made by openssl."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "message")
        place.write_bytes(message)
        made = _openssl("pkeyutl", "-sign", "-rawin", "-inkey", str(key_file), "-in", str(place))
    return base64.b64encode(made).decode()


def headers(key: str, key_file: Path, method: str, target: str, body: bytes) -> dict[str, str]:
    """The four headers of one request; time and nonce are new each time."""
    time, nonce = datetime.now(UTC).isoformat(), secrets.token_hex(16)
    message = to_sign(key, method, target, body, time, nonce)
    return {
        "lianhe-key": key,
        "lianhe-time": time,
        "lianhe-nonce": nonce,
        "lianhe-signature": signature(key_file, message),
    }


def send(
    at: str, key: str, key_file: Path, method: str, target: str, body: bytes, accept: str
) -> tuple[int, bytes]:
    """Status and bytes of the answer."""
    asked = urllib.request.Request(at.rstrip("/") + target, data=body or None, method=method)
    for name, value in headers(key, key_file, method, target, body).items():
        asked.add_header(name, value)
    asked.add_header("accept", accept)
    asked.add_header("content-type", "application/octet-stream")
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def new_key(key_file: Path) -> str:
    """Make a private key in a file only its owner reads; its public half in hex, for the county."""
    key_file.touch(mode=0o600, exist_ok=False)
    key_file.write_bytes(_openssl("genpkey", "-algorithm", "ed25519"))
    return _openssl("pkey", "-in", str(key_file), "-pubout", "-outform", "DER")[-32:].hex()


def vector() -> str:
    """One request signed with a key everybody knows: what your own client must make of it."""
    key, method, target = "rcc-maker", "POST", "/bank-api/v1/papers?name=contract.pdf"
    body, time, nonce = b"%PDF-1.7\n", "2026-03-20T09:30:15+00:00", "0123456789abcdef"
    message = to_sign(key, method, target, body, time, nonce)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "key.der")
        place.write_bytes(_BARE_KEY + bytes(range(32)))
        signed = signature(place, message)
    told = {
        "private key": bytes(range(32)).hex(),
        "lianhe-key": key,
        "method": method,
        "target": target,
        "body": body.decode(),
        "lianhe-time": time,
        "lianhe-nonce": nonce,
        "body digest": labelled("body", body).hex(),
        "signed bytes": message.hex(),
        "lianhe-signature": signed,
    }
    return json.dumps(told, indent=1)


def main() -> int:
    """0 when the county took the request, 1 when it refused, 2 when the command is wrong."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=_PLAIN)
    told.add_argument("--at", default=os.environ.get("BANK_AT", ""), help="https://… (or BANK_AT)")
    told.add_argument("--key", default="", help="key id as registered; its file is KEY.key")
    told.add_argument("--xml", action="store_true", help="ask for answers as ISO 20022 messages")
    told.add_argument("--out", type=Path, help="write the answer's bytes to this file")
    told.add_argument("--field", help="print one field of the answer, e.g. terms.digest")
    told.add_argument("method", choices=["GET", "POST", "new-key", "vector"])
    told.add_argument("path", nargs="?", default="", help="below /bank-api/v1, e.g. /cases/package")
    told.add_argument("body", nargs="?", default="", help="JSON, or @file for a file's bytes")
    said = told.parse_args()
    if said.method == "vector":
        print(vector())
        return 0
    key_file = Path(f"{said.key}.key")
    if said.method == "new-key":
        print(new_key(key_file))
        return 0
    body = Path(said.body[1:]).read_bytes() if said.body[:1] == "@" else said.body.encode()
    target = AT + urllib.parse.quote(said.path, safe="/?=&%-._~")
    accept = "application/xml" if said.xml else "application/json"
    status, answer = send(said.at, said.key, key_file, said.method, target, body, accept)
    print(status, file=sys.stderr)
    if status >= HTTPStatus.BAD_REQUEST:
        print(_shown(answer))
        return 1
    if said.out:
        said.out.write_bytes(answer)
    else:
        print(_field(answer, said.field) if said.field else _shown(answer))
    return 0


_PLAIN = argparse.RawDescriptionHelpFormatter


def _shown(answer: bytes) -> str:
    text = answer.decode(errors="replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except ValueError:
        return text


def _field(answer: bytes, path: str) -> str:
    found = json.loads(answer)
    for name in path.split("."):
        found = found[int(name)] if isinstance(found, list) else found[name]
    return str(found)


def _openssl(*said: str) -> bytes:
    done = subprocess.run(["openssl", *said], capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"openssl: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
