"""The forecast a second time, sentence by sentence from its description, slow and plain, to hold the real one to.

It shares no code with `service`. Records are (g, a, x, promises) in days of the window, infinite where nothing was.
Source: research/forecast.md, section 2.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from math import inf

ROWS = [
    (-inf, -15, 0.02, 0.05),
    (-15, 0, 0.20, 0.02),
    (0, 14, 0.50, 0.02),
    (14, 30, 0.30, 0.02),
    (30, 60, 0.40, 0.03),
    (60, 120, 0.40, 0.05),
    (120, 365, 0.30, 0.20),
]
Plain = tuple[float, float, float, Sequence[tuple[int, int]]]


def forecast_by_text(
    records: Sequence[Plain], t: int, *, goal: int, last: int, plan: Callable[[float], float]
) -> tuple[int, float, float, float]:
    """Return n, C, the final m, and the variance."""
    known = [record for record in records if record[0] <= t]
    walk_ins = [a for g, a, x, _ in known if a <= g and 1 <= a <= t and x > t]
    ahead = [(g, a if x > t and a <= t else inf, x, [p for p in ps if p[0] <= t]) for g, a, x, ps in known if a > g]
    concerned = [record for record in ahead if record[1] >= 1]
    n = len(walk_ins) + sum(1 for _, a, _, _ in concerned if a <= t)

    rates = [row_rates(row, ahead, t) for row in range(7)]
    pending = [(g, ps[-1] if ps else None) for g, a, x, ps in concerned if a > t and x > t]
    chances = [chance(promise, rates, t, last) if promise else 0.0 for _, promise in pending]
    c = sum(chances)
    m_promises = sum(1 for _, a, x, ps in ahead for _, p in ps if p <= t or a <= t or x <= t)
    v_c = sum(q * (1 - q) for q in chances)
    if c > 0:
        s = c / len(pending)
        v_c += c * c * (1 - s) / s / (10 + m_promises + 1)

    worth, expected, left = float(n), plan(t), goal - plan(t)
    if concerned and n + c > 0:
        t0 = min(g for g, _, _, _ in concerned)
        terms = [(1.0, max(plan(t), 0.02 * goal), goal - plan(t)) for _ in walk_ins]
        leads = [(1.0, a - g) for g, a, _, _ in concerned if a <= t]
        leads += [(q, max(ps[1], t) - g) for (g, ps), q in zip(pending, chances, strict=True) if ps]
        terms += [(u, max(plan(t + d) - plan(t0 - 1 + d), 0.02 * goal), goal - plan(t + d)) for u, d in leads]
        s1, s2 = sum(u / a for u, a, _ in terms), sum(u / a**2 for u, a, _ in terms)
        worth, expected, left = s1**2 / s2, s1 / s2, sum(u / a * r for u, a, r in terms) / s1

    omega = 0.0
    if base := sum(1 for g, *_ in concerned if t - 365 < g <= t):
        young = sum(1 for g, *_ in concerned if t - 45 < g <= t)
        again = sum(1 for g, _, _, ps in concerned if t - 365 < g <= last - 365 and ps and ps[0][1] <= last - 365)
        per_day = phi(Counter(g for g, *_ in concerned))
        part = (n + c - len(walk_ins)) / (n + c) if n + c else 1.0
        omega = (1 - 1 / per_day) * max(young, again if last - t < 365 else 0) / base * part

    f = phi(Counter(walk_ins) + Counter(g for g, *_ in concerned))
    k = 10 + worth / f
    m = left * k / (10 + expected / f)
    v = f * m + m * m / k
    if concerned:
        m3 = max(m, min(goal - n - c, goal - plan(last - 365)))
        v3 = f * m3 + m3 * m3 / 10
        v = (1 - omega) * v + omega * v3 + omega * (1 - omega) * (m3 - m) ** 2
        m = (1 - omega) * m + omega * m3
    return n, c, m, v + v_c


def phi(per_day: Counter[float]) -> float:
    return max(1, (10 + sum(d * d for d in per_day.values())) / (5 + sum(per_day.values())))


def row_rates(row: int, ahead: Sequence[Plain], t: int) -> tuple[float, float]:
    begin, end, h0, w0 = ROWS[row]
    seen = landed = withdrawn = 0.0
    for _, a, x, promises in ahead:
        for known_on, p in promises:
            late = (a if a <= t else min(x, t)) - p
            if begin >= late:
                continue
            if late > end or a <= t or x <= t:
                seen += 1
                landed += late <= end and a <= t
                withdrawn += late <= end and a > t and x <= t
            elif row == 0:
                seen += 1 if p - 15 <= known_on else (t - known_on) / (p - 15 - known_on)
            else:
                seen += (late - begin) / (end - begin)
    return (4 * h0 + landed) / (4 + seen), (4 * w0 + withdrawn) / (4 + seen)


def chance(promise: tuple[int, int], rates: Sequence[tuple[float, float]], t: int, last: int) -> float:
    known_on, p = promise
    q, alive = 0.0, 1.0
    for (begin, end, _, _), (h, w) in zip(ROWS, rates, strict=True):
        since = known_on - p if begin == -inf else begin
        passed = min(end, last - p) - max(since, t - p)
        if passed > 0:
            keep = (1 - h - w) ** (passed / (end - since))
            q += alive * h / (h + w) * (1 - keep)
            alive *= keep
    return q
