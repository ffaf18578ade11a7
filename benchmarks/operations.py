"""The requests that are measured, and the bars they are held to. Source of the bars: PRODUCT.md section 11."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from urllib.parse import urlencode

from benchmarks.load import RequestMaker
from benchmarks.register import Register
from benchmarks.seeding import LINES, PLACES, PLANTS, TRADES, Dice, invented_word
from service.core.industries import DIVISIONS

_VARIANTS = 500
"""How many different requests an operation of reading has; they are sent in turn."""

LIST_P95_SECONDS = 0.050


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request. `most_times_hello`: the bar on CPU time; the others: the bars on latency.

    `between`: a request that is sent before each of them; its time is not counted, its CPU time is.
    """

    name: str
    make: RequestMaker
    status: bytes = b"200"
    between: RequestMaker | None = None
    most_times_hello: float | None = None
    most_p95_seconds: float | None = None
    most_p50_alone_seconds: float | None = None


def request(method: str, path: str, key: str, *, body: bytes = b"", **headers: str) -> bytes:
    """Return a request's bytes; `if_none_match="…"` becomes a header."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", "Accept: */*"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


HELLO = Operation("hello", lambda _: b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n")


def record_operations(register: Register) -> list[Operation]:
    """Return the operations on single records and the plain list."""
    return [
        Operation("GET one factory", _in_turn(_one(register)), most_times_hello=2.5),
        Operation("GET one factory, 304", _in_turn(_one(register, known=True)), b"304", most_times_hello=2.0),
        Operation(
            "list, page of 50",
            _in_turn([request("GET", "/v1/factories", caller.key) for caller in register.callers]),
            most_times_hello=6.0,
            most_p95_seconds=LIST_P95_SECONDS,
        ),
        *_progress("factories-2026", register),
        *(
            make(code, register, most_p50_seconds)
            for code, most_p50_seconds in (("factories-2026", 0.010), ("factories-2030", 0.040))
            for make in (_progress_after_a_change, _progress_of_the_past)
        ),
        Operation("POST factory", _creation(register, random.SystemRandom()), b"201", most_times_hello=4.5),
    ]


def _progress(code: str, register: Register) -> list[Operation]:
    def ask(**headers: str) -> RequestMaker:
        path = f"/v1/progress/{code}"
        return _in_turn([request("GET", path, caller.key, **headers) for caller in register.callers])

    return [
        Operation("GET progress, unchanged", ask(), most_times_hello=2.2),
        Operation("GET progress, 304", ask(If_None_Match="*"), b"304", most_times_hello=1.8),
    ]


def _progress_after_a_change(code: str, register: Register, most_p50_seconds: float) -> Operation:
    """Return questions of which each comes after a change of a record that counts, so that no answer was ever given."""
    return Operation(
        f"GET progress, not cached, {code}",
        _in_turn([request("GET", f"/v1/progress/{code}", caller.key) for caller in register.callers]),
        between=lambda _: _change(register, next(_numbers)),
        most_p50_alone_seconds=most_p50_seconds,
    )


def _change(register: Register, number: int) -> bytes:
    """Return a request that gives a record that counts another date, as the ministry may."""
    record_id = register.counting[number % len(register.counting)]
    turn = number // len(register.counting) + number
    body = json.dumps({"adoption_date": f"2026-{1 + turn % 10:02d}-{1 + turn % 28:02d}"}).encode()
    return request("PATCH", f"/v1/factories/{record_id}", register.ministry_key, body=body, If_Match="*")


def _progress_of_the_past(code: str, register: Register, most_p50_seconds: float) -> Operation:
    """Return questions about a past day as it was known then, each at another instant."""

    def make(number: int) -> bytes:
        instant = _KNOWN_AT + timedelta(microseconds=next(_numbers))
        query = urlencode({"as_of": "2026-11-20", "known_at": f"{instant:%Y-%m-%dT%H:%M:%S.%fZ}"})
        return request("GET", f"/v1/progress/{code}?{query}", register.callers[number % len(register.callers)].key)

    return Operation(f"GET progress as known then, {code}", make, most_p50_alone_seconds=most_p50_seconds)


_KNOWN_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""In the evening of the day in Seoul."""
_numbers = count()


def list_operations(register: Register) -> list[Operation]:
    """Return the list by each filter and in each order, as companies ask for it, and some as the ministry does."""
    return [
        *(_listing(f"list, {name}", queries, register) for name, queries in _filters(register).items()),
        *(
            _listing(f"list, {name}, ministry", queries, register, key=register.ministry_key)
            for name, queries in _ministry_queries().items()
        ),
    ]


Queries = list[dict[str, str]]


def _filters(register: Register) -> dict[str, Queries]:
    dice = _dice()
    organizations = [str(one) for one in register.organizations]
    divisions = [division.code for division in DIVISIONS]
    days = [f"{year}-{month:02d}-15" for year in range(2016, 2026) for month in range(1, 13)]
    return {
        "region": [{"region": region} for region in register.regions],
        "industry (division)": [{"industry": code} for code in divisions],
        "industry (5 digits)": [{"industry": f"{code}110"} for code in divisions],
        "foundation_model": [{"foundation_model": str(model)} for model in register.model_ids],
        **{f"status={status}": [{"status": status}] for status in _STATUSES},
        "organization": [{"organization": one} for one in organizations],
        "adopted_from": [{"adopted_from": day} for day in [*days, "2026-06-01", "2026-11-01", "2030-01-01"]],
        "adopted_to": [{"adopted_to": day} for day in [*days, "2016-01-03", "2010-01-01"]],
        "updated_from": [{"updated_from": f"{day}T00:00:00Z"} for day in ("2024-02-01", "2026-09-01", "2026-10-20")],
        "q (rare)": [{"q": invented_word(dice)} for _ in range(_VARIANTS)],
        "q (place)": [{"q": place} for place in PLACES],
        "q (every name)": [{"q": "공장"}],
        "q (none)": [{"q": "뷁쀍"}],
        "q (long)": [{"q": name} for name in register.names[:_VARIANTS]],
        "organization + status": [
            {"organization": one, "status": status} for one in organizations for status in _STATUSES
        ],
        "region + industry": [
            {"region": region, "industry": code} for region in register.regions for code in divisions
        ],
        **{f"sort={sort}": [{"sort": sort}] for sort in _SORTS},
    }


_STATUSES = ("submitted", "verified", "rejected", "withdrawn", "retired")
_SORTS = tuple(
    f"{sign}{name}" for name in ("registered_at", "updated_at", "adoption_date", "name") for sign in ("", "-")
)


def _ministry_queries() -> dict[str, Queries]:
    return {
        "plain": [{}],
        **{f"status={status}": [{"status": status}] for status in _STATUSES},
        "q (place)": [{"q": place} for place in PLACES],
    }


def _listing(name: str, queries: Queries, register: Register, *, key: str | None = None) -> Operation:
    keys = cycle([key] if key else [caller.key for caller in register.callers])
    dice = _dice()
    chosen = queries if len(queries) <= _VARIANTS else dice.sample(queries, _VARIANTS)
    # Each key's turn comes with each query where there are few of them.
    asked = chosen * (1 if key else max(1, len(register.callers) // len(chosen)))
    requests = [request("GET", f"/v1/factories?{urlencode(query)}", next(keys)) for query in asked]
    return Operation(name, _in_turn(requests), most_p95_seconds=LIST_P95_SECONDS)


def _dice() -> Dice:
    return random.Random(11)  # noqa: S311 - the same requests each time


def _in_turn(requests: Sequence[bytes]) -> RequestMaker:
    return lambda number: requests[number % len(requests)]


def _one(register: Register, *, known: bool = False) -> list[bytes]:
    keys = cycle(caller.key for caller in register.callers)
    return [
        request("GET", f"/v1/factories/{record_id}", next(keys), **({"If_None_Match": f'"{version}"'} if known else {}))
        for record_id, version in register.factories
    ]


def _creation(register: Register, dice: Dice) -> RequestMaker:
    """Return a maker of factories to register: all different, and many share their digits with one there is.

    They differ from run to run, or a register that is kept would find them to be there already.
    """
    bodies = _bodies(register, dice)

    def make(number: int) -> bytes:
        caller = register.callers[number % len(register.callers)]
        return request(
            "POST", "/v1/factories", caller.key, body=next(bodies), Idempotency_Key=f"bench-{dice.getrandbits(96):x}"
        )

    return make


def _bodies(register: Register, dice: Dice) -> Iterator[bytes]:
    while True:
        body = {
            "name": f"{invented_word(dice, 4)}{dice.choice(TRADES)} {dice.choice(PLACES)} "
            f"{invented_word(dice, 4)}{dice.choice(LINES)} {dice.randint(1, PLANTS)}공장",
            "region": dice.choice(register.regions),
            "industry": f"{dice.choice(DIVISIONS).code}110",
            "adoption_date": f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            "foundation_model_ids": [str(dice.choice(register.model_ids))],
            "project_type": "mini",
            "use_cases": ["quality_inspection", "safety"],
            "address": "수원시 산업로 12",
            "contact_name": "홍길동",
            "contact_email": "ax@example.com",
            "evidence": ["https://example.com/evidence"],
        }
        yield json.dumps(body, ensure_ascii=False).encode()
