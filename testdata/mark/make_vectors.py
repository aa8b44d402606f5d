#!/usr/bin/env python3
"""
A second implementation of docs/format.md, written from its text alone: it makes vectors.txt, which
libembed/test/test_mark.c checks the library against.

    python3 testdata/mark/make_vectors.py > testdata/mark/vectors.txt
    python3 testdata/mark/make_vectors.py --seal > testdata/mark/seal.txt    (needs openssl)
    python3 testdata/mark/make_vectors.py --info      checks the table of information positions (a minute)

Python 3 and nothing else, but for AES.
"""
import cmath
import hashlib
import hmac
import math
import re
import struct
import subprocess
import sys
from pathlib import Path

N, LOG2N, TILE_MM, RADIUS_MIN, BIN_MAX = 4096, 12, 19.2, 10, 40
PILOT_POWER, UNIT, PEAK, SIDE, PAPER_RADIUS = 0.40, 4096, 2.2, 512, 22
DOC = (Path(__file__).resolve().parent.parent.parent / "docs" / "format.md").read_text()


# ---- the tables, read out of the document ----

def block(name):
    """The fenced block that follows the line `<!-- table: name -->`."""
    return re.search(r"<!-- table: %s -->\s*```\n(.*?)```" % name, DOC, re.S).group(1)


def pilots():
    numbers = [int(x) for x in re.findall(r"-?\d+", block("pilots"))]
    return [tuple(numbers[i:i + 3]) for i in range(0, len(numbers), 3)]


def information_set():
    bitmap = int("".join(block("information").split()), 16)
    return [i for i in range(N) if bitmap >> (N - 1 - i) & 1]


# ---- message and code ----

def crc24(data):
    crc = 0xFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            top = (crc >> 23) ^ (byte >> bit & 1)
            crc = (crc << 1) & 0xFFFFFF
            if top:
                crc ^= 0xB2B117
    return crc


def message(lot_id, unit):
    body = bytes([0x10]) + lot_id + unit.to_bytes(5, "big") + bytes(3)
    return body + crc24(body).to_bytes(3, "big")


def encode(msg):
    """x_j is the sum of all u_i with j a subset of i (as sets of one bits): the matrix F^(x12) written out."""
    bits = [msg[i // 8] >> (7 - i % 8) & 1 for i in range(176)]
    ones = [pos for pos, bit in zip(information_set(), bits) if bit]
    return [sum(1 for i in ones if i & j == j) & 1 for j in range(N)]


# ---- key stream ----

def chacha20_words(key, nonce):
    """32-bit words of the ChaCha20 key stream, block counter from 0 (RFC 8439)."""
    def quarter(x, a, b, c, d):
        for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & 0xFFFFFFFF
            v = x[r] ^ x[p]
            x[r] = (v << turn | v >> (32 - turn)) & 0xFFFFFFFF

    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + (0,) + struct.unpack("<3I", nonce))
    while True:
        x = list(start)
        for _ in range(10):
            for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                      (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
                quarter(x, *q)
        yield from ((a + b) & 0xFFFFFFFF for a, b in zip(x, start))
        start[12] += 1


def mapping(anchor):
    words = chacha20_words(anchor, b"enn-carrier1")

    def below(n):
        limit = 0xFFFFFFFF - 0xFFFFFFFF % n
        while True:
            w = next(words)
            if w < limit:
                return w % n

    place = list(range(N))
    for i in range(N - 1, 0, -1):
        j = below(i + 1)
        place[i], place[j] = place[j], place[i]
    flips = []
    for _ in range(N // 32):
        w = next(words)
        flips += [w >> b & 1 for b in range(32)]
    return place, flips


def chips(anchor, code):
    place, flips = mapping(anchor)
    out = [0] * N
    for i in range(N):
        out[place[i]] = -1 if code[i] ^ flips[i] else 1
    return out


# ---- the tile ----

def bins():
    taken = {(kx, ky) for kx, ky, _ in pilots()}
    all_bins = [(kx, ky) for ky in range(BIN_MAX) for kx in range(1 - BIN_MAX, BIN_MAX)
                if (ky > 0 or kx > 0) and kx * kx + ky * ky >= RADIUS_MIN ** 2 and (kx, ky) not in taken]
    all_bins.sort(key=lambda k: (k[0] ** 2 + k[1] ** 2, k[1], k[0]))
    return all_bins[:N // 2]


def amplitudes():
    radius = [math.hypot(*k) for k in bins()]
    total = sum(1 / r for r in radius)
    return [math.sqrt((1 - PILOT_POWER) / (total * r)) for r in radius]


def signal(c, x_mm, y_mm, k_bins, amps, table=pilots()):
    s = 0.0
    for j, ((kx, ky), a) in enumerate(zip(k_bins, amps)):
        t = 2 * math.pi * (kx * x_mm + ky * y_mm) / TILE_MM
        s += a * (c[2 * j] * math.cos(t) - c[2 * j + 1] * math.sin(t))
    p = math.sqrt(2 * PILOT_POWER / len(table))
    for kx, ky, phase in table:
        s += p * math.cos(2 * math.pi * ((kx * x_mm + ky * y_mm) / TILE_MM + phase / 16))
    return max(-PEAK, min(PEAK, s))


def paper_waves(c):
    """Complex amplitude of every wave that paper carries, and the gain q."""
    slow = [(k, a, j) for j, (k, a) in enumerate(zip(bins(), amplitudes())) if math.hypot(*k) <= PAPER_RADIUS]
    waves = {k: complex(a * c[2 * j], a * c[2 * j + 1]) for k, a, j in slow}
    table = pilots()
    for kx, ky, phase in table:
        waves[kx, ky] = cmath.rect(math.sqrt(2 * PILOT_POWER / len(table)), 2 * math.pi * phase / 16)
    return waves, 1 / math.sqrt(PILOT_POWER + sum(a * a for _, a, _ in slow))


def paper_tile(c):
    """s0 of paper, before levelling and clipping, at all samples of a tile, rows first, in units of 1/4096: summed over kx, then over ky."""
    waves, gain = paper_waves(c)
    turn = [cmath.exp(2j * math.pi * i / SIDE) for i in range(SIDE)]
    by_ky = {}
    for (kx, ky), a in waves.items():
        row = by_ky.setdefault(ky, [0j] * SIDE)
        for x in range(SIDE):
            row[x] += a * turn[kx * x % SIDE]
    tile = []
    for y in range(SIDE):
        s = [0.0] * SIDE
        for ky, row in by_ky.items():
            t = turn[ky * y % SIDE]
            s = [v + r.real * t.real - r.imag * t.imag for v, r in zip(s, row)]
        tile.append([round(UNIT * gain * v) for v in s])
    return tile


def averaged(row):
    """35 samples around each, halves up."""
    total, out = sum(row[i] for i in range(-17, 18)), []
    for i in range(SIDE):
        out.append((2 * total + 35) // 70)
        total += row[(i + 18) % SIDE] - row[(i - 17) % SIDE]
    return out


def levelled(tile):
    """p2 of it, limited to 2.2."""
    for _ in range(2):
        m = [[round(max(0.0, min(v, 1.8 * UNIT) - 0.1 * UNIT)) for v in row] for row in tile]
        for _ in range(3):
            m = [averaged(row) for row in m]
            m = list(map(list, zip(*[averaged(column) for column in zip(*m)])))
        tile = [[round(v * min(1.15, 0.345 * UNIT / k)) for v, k in zip(*rows)] for rows in zip(tile, m)]
    limit = round(PEAK * UNIT)
    return [[max(-limit, min(limit, v)) for v in row] for row in tile]


def tile_samples(c, paper=False):
    """s or s_paper at the tile's samples (32 i, 32 j), i, j = 0 .. 15, row by row, in units of 1/4096."""
    if paper:
        tile = levelled(paper_tile(c))
        return [tile[32 * j][32 * i] for j in range(16) for i in range(16)]
    step = 32 * TILE_MM / SIDE
    return [round(UNIT * signal(c, step * i, step * j, bins(), amplitudes())) for j in range(16) for i in range(16)]


# ---- how the information set was made ----

def information_by_gaussian_approximation():
    def phi(m):  # 1 - E tanh(L / 2), L normal with mean m and variance 2 m
        d = math.sqrt(2 * m)
        lo, hi, steps = m - 9 * d, m + 9 * d, 400
        h = (hi - lo) / steps
        total = 0.0
        for i in range(steps + 1):
            x = lo + h * i
            total += (0.5 if i in (0, steps) else 1) * 2 / (1 + math.exp(min(700.0, x))) * math.exp(-(x - m) ** 2 / (4 * m))
        return total * h / math.sqrt(4 * math.pi * m)

    def inverse(y):
        lo, hi = -60.0, 12.0  # logarithm of m
        for _ in range(60):
            mid = (lo + hi) / 2
            lo, hi = (mid, hi) if phi(math.exp(mid)) > y else (lo, mid)
        return math.exp((lo + hi) / 2)

    means = [2 * 260 / N]
    for _ in range(LOG2N):
        means = [m for parent in means for m in (inverse(1 - (1 - phi(parent)) ** 2), 2 * parent)]
    order = sorted(range(N), key=lambda i: (means[i], i))
    chosen = sorted(order[-176:])
    print("weakest chosen %.6g, strongest left out %.6g" % (means[order[-176]], means[order[-177]]))
    return chosen


# ---- the seal (section 13) ----

def hkdf(key, info):
    secret = hmac.new(b"enn-seal-1", key, hashlib.sha256).digest()
    return hmac.new(secret, info + b"\x01", hashlib.sha256).digest()


def stream(key, i, j, n):
    block = struct.pack(">ii", i, j) + bytes(8)
    command = ["openssl", "enc", "-aes-256-ctr", "-K", key.hex(), "-iv", block.hex(), "-nopad"]
    return subprocess.run(command, input=bytes(n), stdout=subprocess.PIPE, check=True).stdout


def seal_bands():
    plane = [(kx, ky) for ky in range(65) for kx in range(-64, 65) if ky > 0 or kx > 0]
    fragile = [(kx, ky) for kx, ky in plane if 38 ** 2 <= kx * kx + ky * ky <= 64 ** 2]
    return bins(), sorted(fragile, key=lambda b: (b[0] ** 2 + b[1] ** 2, b[1], b[0]))


def seal_samples(key, i, j):
    robust, fragile = seal_bands()
    waves = [(b, 0.10 / sum(1 / math.hypot(*c) for c in robust)) for b in robust]
    waves += [(b, 0.15 / sum(1 / math.hypot(*c) for c in fragile)) for b in fragile]
    bits = stream(key, i, j, (2 * len(waves) + 7) // 8)
    chip = [1 - 2 * (bits[n // 8] >> (7 - n % 8) & 1) for n in range(2 * len(waves))]
    slow = [n for n, (b, _) in enumerate(waves) if n < len(robust) and b[0] ** 2 + b[1] ** 2 <= PAPER_RADIUS ** 2]
    raised = math.sqrt(0.10 / sum(waves[n][1] / math.hypot(*waves[n][0]) for n in slow))
    out = []
    for use, gain in ((range(len(waves)), 1.0), (slow, raised)):
        samples = []
        for b in range(16):
            for a in range(16):
                s = 0.0
                for n in use:
                    (kx, ky), p = waves[n]
                    t = 2 * math.pi * (kx * (1.2 * a + 0.01875) + ky * (1.2 * b + 0.01875)) / TILE_MM
                    s += math.sqrt(p / math.hypot(kx, ky)) * (chip[2 * n] * math.cos(t) - chip[2 * n + 1] * math.sin(t))
                samples.append(round(UNIT * gain * s))
        out.append(samples)
    return out


def seal_vectors():
    cases = ((bytes(range(32)), bytes.fromhex("8bfa2b9dbba04fe31352"), 1, 0, 0, 0, 0),
             (bytes([0xFF] * 32), bytes(10), 7, 65535, 1, -1, 40000))
    print("# Vectors of the seal: docs/format.md, section 13.  Made by make_vectors.py --seal.")
    for number, (secret, lot_id, page, step, carrier, i, j) in enumerate(cases, 1):
        lot_key = hkdf(secret, b"lot" + lot_id)
        field_key = hkdf(lot_key, b"field" + struct.pack(">IIB", page, step, carrier))
        print("\nvector: %d\nsecret: %s\nlot-id: %s" % (number, secret.hex(), lot_id.hex()))
        print("page: %08x\nstep: %08x\ncarrier: %02x" % (page, step, carrier))
        print("cell: %08x %08x" % (i & 0xFFFFFFFF, j & 0xFFFFFFFF))
        print("lot-key: %s\nfield-key: %s" % (lot_key.hex(), field_key.hex()))
        print("stream: " + stream(field_key, i, j, 32).hex())
        for name, values in zip(("ink", "paper"), seal_samples(field_key, i, j)):
            samples = "".join("%04x" % (v & 0xFFFF) for v in values)
            print(name + ":\n" + "\n".join("  " + samples[k:k + 64] for k in range(0, len(samples), 64)))


# ---- output ----

def wrapped(name, text):
    if len(text) <= 96:
        return "%s: %s" % (name, text)
    return "%s:\n%s" % (name, "\n".join("  " + text[i:i + 96] for i in range(0, len(text), 96)))


def hex_bits(bits):
    return "%0*x" % (len(bits) // 4, int("".join(map(str, bits)), 2))


def main():
    if sys.argv[1:] == ["--info"]:
        assert information_by_gaussian_approximation() == information_set()
        print("information set agrees")
        return
    if sys.argv[1:] == ["--seal"]:
        seal_vectors()
        return
    cases = ((bytes(range(32)), bytes.fromhex("8bfa2b9dbba04fe31352"), 0),
             (bytes([0xFF] * 32), bytes(10), 1),
             (bytes(7 * i + 3 & 0xFF for i in range(32)), bytes.fromhex("ffffffffffffffffffff"), 2 ** 40 - 1))
    print("# Vectors of the mark, format 1: docs/format.md, section 11.  Made by make_vectors.py.")
    print(wrapped("information", hex_bits([int(i in information_set()) for i in range(N)])))
    for number, (anchor, lot_id, unit) in enumerate(cases, 1):
        msg = message(lot_id, unit)
        code = encode(msg)
        place, flips = mapping(anchor)
        c = chips(anchor, code)
        print("\nvector: %d" % number)
        print("anchor: " + anchor.hex())
        print("lot-id: " + lot_id.hex())
        print("unit: %010x" % unit)
        print("message: " + msg.hex())
        print(wrapped("code", hex_bits(code)))
        print("place: " + " ".join("%03x" % p for p in place[:16]))
        print(wrapped("flip", hex_bits(flips)))
        print(wrapped("chips", hex_bits([int(v < 0) for v in c])))
        for name, paper in (("tile", False), ("paper", True)):
            samples = "".join("%04x" % (v & 0xFFFF) for v in tile_samples(c, paper))
            print(name + ":\n" + "\n".join("  " + samples[i:i + 64] for i in range(0, len(samples), 64)))


if __name__ == "__main__":
    main()
