"""One epoch of Yuma 3 in plain Python, by the rules of specs/0011-yuma.md sections 1 to 6 (all permitted, penalty 1, no liquid alpha).

Reads {"stakes": [...], "weights": [[w or null, ...], ...], "bonds": [[...], ...], "kappaU16": n, "bondsMovingAveragePpm": n,
"repeats": n} from standard input, rows by validator; writes the results and CPU milliseconds an epoch to standard output.
"""

import json
import sys
import time

ONE = 1 << 32


def div(a, b):
    return (a << 32) // b if b else 0


def normalise(values):
    total = sum(values)
    return [div(value, total) for value in values] if total else list(values)


def median(stakes, values, minority):
    order = sorted(range(len(values)), key=values.__getitem__)
    at_most = 0
    for place, index in enumerate(order):
        at_most += stakes[index]
        is_last = place + 1 == len(order)
        if is_last or (at_most > minority and values[order[place + 1]] != values[index]):
            return values[index]
    return 0


def epoch(stakes, weights, bonds, kappa_u16, moving_average_ppm):
    rows, columns = len(weights), len(weights[0])
    total = sum(stakes)
    active = normalise([(stake << 32) // total for stake in stakes])
    voters = normalise(active)
    minority = sum(voters) - div(kappa_u16, 65535)
    sums = [sum(weight or 0 for weight in row) for row in weights]
    shares = [[div(weight or 0, sums[i]) for weight in row] for i, row in enumerate(weights)]
    consensus = [median(voters, [row[j] for row in shares], minority) for j in range(columns)]
    clipped = [[min(weight, consensus[j]) for j, weight in enumerate(row)] for row in shares]
    ranks = [sum(active[i] * clipped[i][j] >> 32 for i in range(rows)) for j in range(columns)]
    incentive = normalise(ranks)
    alpha = ONE - moving_average_ppm * ONE // 1_000_000
    following = [
        [(alpha * clipped[i][j] >> 32) + ((ONE - alpha) * div(bonds[i][j], 65535) >> 32) for j in range(columns)]
        for i in range(rows)
    ]
    tops = [sum(following[i][j] for i in range(rows)) for j in range(columns)]
    totals = [sum(div(following[i][j], tops[j]) * incentive[j] >> 32 for j in range(columns)) for i in range(rows)]
    dividends = normalise([totals[i] * active[i] >> 32 for i in range(rows)])
    stored = [[min(65535, bond * 65535 >> 32) for bond in row] for row in following]
    return consensus, incentive, dividends, stored


def main():
    given = json.load(sys.stdin)
    arguments = [given[name] for name in ("stakes", "weights", "bonds", "kappaU16", "bondsMovingAveragePpm")]
    begun = time.process_time()
    for _ in range(given["repeats"]):
        result = epoch(*arguments)
    spent_ms = 1000 * (time.process_time() - begun) / given["repeats"]
    consensus, incentive, dividends, bonds = result
    version = ".".join(str(part) for part in sys.version_info[:3])
    names = {"consensus": consensus, "incentive": incentive, "dividends": dividends, "bonds": bonds}
    json.dump({**names, "cpuMs": spent_ms, "version": version}, sys.stdout)


main()
