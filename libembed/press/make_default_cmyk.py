#!/usr/bin/python3
"""Writes default_cmyk.c: Lab on a 9^4 grid of CMYK, from published characterisation data.

make_default_cmyk.py FOGRA39L.ti3 > default_cmyk.c

A developer's tool: the build does not need it.  FOGRA39L.ti3 is data/profiles/FOGRA39L.ti3 of the colord source
(Debian source package colord 1.4.6, licence of data/profiles/*: CC0-1.0; the same data are in icc-profiles-free
2.0.1, licence of FOGRA*ti3: zlib).  SHA-256 of the file used is written into the output.

Method: measured XYZ are divided by the paper's, times the D50 white (media-relative), turned to Lab, and interpolated
by a cubic radial basis function with linear terms over the four ink amounts (scipy RBFInterpolator), with the black axis
stretched by 1.4.  The error is measured by 10-fold cross-validation on stderr.
"""
import hashlib
import sys

import numpy as np
from scipy.interpolate import RBFInterpolator

D50 = np.array([0.9642, 1.0, 0.8249])
NODES = 9
STRETCH = np.array([1.0, 1.0, 1.0, 1.4])


def read_ti3(path):
    """CMYK 0..1 and XYZ of every patch."""
    lines = open(path).read().split('\n')
    fields = lines[lines.index('BEGIN_DATA_FORMAT') + 1].split()
    body = [row.split() for row in lines[lines.index('BEGIN_DATA') + 1:lines.index('END_DATA')]]
    column = {name: np.array([float(row[i]) for row in body]) for i, name in enumerate(fields) if i}
    ink = np.stack([column['CMYK_' + i] for i in 'CMYK'], -1) / 100
    xyz = np.stack([column['XYZ_' + i] for i in 'XYZ'], -1) / 100
    return ink, xyz


def to_lab(xyz):
    t = xyz / D50
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], -1)


def model(ink, lab):
    return RBFInterpolator(ink * STRETCH, lab, kernel='cubic', degree=1, smoothing=1e-5)


def cross_validate(ink, lab):
    fold = np.random.default_rng(1).permutation(len(ink)) % 10
    err = np.zeros(len(ink))
    for k in range(10):
        f = model(ink[fold != k], lab[fold != k])
        err[fold == k] = np.linalg.norm(f(ink[fold == k] * STRETCH) - lab[fold == k], axis=1)
    return err


def grid_error(table, ink, lab):
    """What multilinear interpolation of the rounded table says of the measured patches."""
    pos = ink * (NODES - 1)
    low = np.minimum(pos.astype(int), NODES - 2)
    frac = pos - low
    out = np.zeros_like(lab)
    for corner in range(16):
        bit = np.array([corner >> i & 1 for i in range(4)])
        w = np.prod(np.where(bit, frac, 1 - frac), -1)
        i = low + bit
        out += w[:, None] * table[i[:, 0], i[:, 1], i[:, 2], i[:, 3]] / 10
    return np.linalg.norm(out - lab, axis=1)


def quantiles(e):
    return '%.2f / %.2f / %.2f' % (e.mean(), np.percentile(e, 95), e.max())


def main():
    ink, xyz = read_ti3(sys.argv[1])
    lab = to_lab(xyz / xyz[ink.sum(1) == 0].mean(0) * D50)
    axis = np.linspace(0, 1, NODES)
    grid = np.stack(np.meshgrid(axis, axis, axis, axis, indexing='ij'), -1).reshape(-1, 4)
    table = model(ink, lab)(grid * STRETCH)
    table[:, 0] = np.clip(table[:, 0], 0, 100)
    table[0] = (100, 0, 0)
    table = np.rint(table * 10).astype(int).reshape(NODES, NODES, NODES, NODES, 3)
    held, grid_e = quantiles(cross_validate(ink, lab)), quantiles(grid_error(table, ink, lab))
    print('cross-validated dE76 mean/95%%/max %s; table %s' % (held, grid_e), file=sys.stderr)
    sha = hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()
    print('''/*
 * press: the built-in CMYK characterisation, made by make_default_cmyk.py.  Do not edit.
 *
 * CIE L* a* b* (D50, media-relative, tenths) of coated offset prints at the %d^4 grid of C, M, Y, K = 0,
 * 1/%d .. 1, black running fastest.  Altered from: FOGRA39L characterisation data, Fogra (www.fogra.org),
 * December 2006 (ISO 12647-2:2004/Amd 1, paper type 1 or 2, 115 g/m2), as data/profiles/FOGRA39L.ti3 of the colord
 * source, CC0-1.0; also distributed by OpenICC (Kai-Uwe Behrmann), zlib licence.  The numbers are interpolated, not
 * the measured ones.  Source file SHA-256
 * %s.
 * delta-E76 against the 1617 measured patches, mean / 95 %% / max: fit %s cross-validated,
 * this table interpolated linearly %s.
 */
#include "press/default_cmyk.h"

const int16_t default_cmyk_lab[DEFAULT_CMYK_NODES * 3] = {''' % (NODES, NODES - 1, sha, held, grid_e))
    line = ''
    for v in table.reshape(-1):
        if len(line) > 104:
            print(line)
            line = ''
        line += '%d,' % v
    print(line)
    print('};')


main()
