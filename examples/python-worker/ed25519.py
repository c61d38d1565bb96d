"""Ed25519 signatures (RFC 8032, section 5.1.7), verified with nothing but Python.

Only verification: no secret passes through here, so that it need not hide how long anything takes. About five milliseconds
each. With the package `cryptography` installed its Ed25519PublicKey does the same a hundred times faster.
"""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

# A point of the curve is (X, Y, Z, T): x = X/Z, y = Y/Z, x*y = T/Z.
NEUTRAL = (0, 1, 1, 0)


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _negated(p):
    return (-p[0] % P, p[1], p[2], -p[3] % P)


def _same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def _point(encoded):
    """32 bytes: y, and the lowest bit of x in the highest one. None when there is no such point."""
    y = int.from_bytes(encoded, "little")
    odd = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P != 0 or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def _combined(s, p, h, q):
    """s*p + h*q."""
    both = _add(p, q)
    result = NEUTRAL
    for bit in range(max(s.bit_length(), h.bit_length()) - 1, -1, -1):
        result = _add(result, result)
        choice = (s >> bit & 1, h >> bit & 1)
        if choice != (0, 0):
            result = _add(result, {(1, 0): p, (0, 1): q, (1, 1): both}[choice])
    return result


def verify(public_key, signature, message):
    """Has the owner of the 32 bytes of `public_key` signed `message` with the 64 bytes of `signature`?"""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, commitment = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    h = int.from_bytes(digest, "little") % ORDER
    return _same(_combined(s, BASE, h, _negated(key)), commitment)
