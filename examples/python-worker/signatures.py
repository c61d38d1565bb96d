"""Is a request of the engine? Standard Webhooks: a signature over id.timestamp.body, by Ed25519 (v1a) or HMAC-SHA256 (v1)."""

import base64
import hashlib
import hmac
import threading
import time

import ed25519

TOLERANCE_S = 300
MAX_SIGNATURES = 16
# A Worker that starts is called before it has heard the engine's keys.
KEYS_PATIENCE_S = 5


class Verifier:
    """`keys`: whpk_… (Ed25519 public keys) and whsec_… (shared secrets). Those of a registration come by `learn`."""

    def __init__(self, keys=()):
        self._given, self._learned = list(keys), []
        self._known = threading.Event()
        self._seen, self._lock = {}, threading.Lock()
        if self._given:
            self._known.set()

    def learn(self, keys):
        self._learned = list(keys)
        self._known.set()

    def refusal(self, headers, body):
        """Why a request is not taken; None when it is. `body`: the bytes as they came."""
        self._known.wait(KEYS_PATIENCE_S)
        keys = self._given + self._learned
        if not keys:
            return "the keys of the engine are not known"
        fields = [headers.get_all(f"webhook-{name}", []) for name in ("id", "timestamp", "signature")]
        # Of two headers nobody knows which one the signature is about.
        if any(len(values) != 1 for values in fields):
            return "it is not signed"
        name, timestamp, signatures = (values[0] for values in fields)
        # Digits alone: no sign, no fraction, no blanks.
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return "its time is no number of seconds"
        if abs(int(time.time()) - int(timestamp)) > TOLERANCE_S:
            return "its time is not within 5 minutes of mine"
        content = f"{name}.{timestamp}.".encode() + body
        for signature in signatures.split(" ")[:MAX_SIGNATURES]:
            if any(fits(key, signature, content) for key in keys):
                return None if self._is_new(signature, int(timestamp)) else "it came before"
        return "no signature of it is by a key of the engine"

    def _is_new(self, signature, timestamp):
        """What is sent again is signed again: a signature that was used before is a copy's."""
        with self._lock:
            now = int(time.time())
            self._seen = {old: until for old, until in self._seen.items() if until >= now}
            new = signature not in self._seen
            self._seen[signature] = timestamp + TOLERANCE_S
            return new


def fits(key, signature, content):
    """Signatures of versions that the key is not for, or that nobody knows, are passed over."""
    version, _, encoded = signature.partition(",")
    prefix, _, secret = key.partition("_")
    try:
        given = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    if (version, prefix) == ("v1a", "whpk"):
        return ed25519.verify(base64.b64decode(secret), given, content)
    if (version, prefix) == ("v1", "whsec"):
        return hmac.compare_digest(hmac.new(base64.b64decode(secret), content, hashlib.sha256).digest(), given)
    return False
