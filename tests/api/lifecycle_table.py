"""The table of the lifecycle as PRODUCT.md has it, written down a second time, and what it says of one call."""

from typing import NamedTuple

STATUSES = ("submitted", "verified", "rejected", "withdrawn", "retired")
# PRODUCT.md section 3, word for word: from where, to where, and by whom.
TABLE = {
    "verify": ({"submitted"}, "verified", {"ministry"}),
    "reject": ({"submitted"}, "rejected", {"ministry"}),
    "resubmit": ({"rejected"}, "submitted", {"owner", "ministry"}),
    "withdraw": ({"submitted", "verified"}, "withdrawn", {"owner", "ministry"}),
    "retire": ({"verified"}, "retired", {"owner", "ministry"}),
    "reopen": ({"verified", "rejected", "withdrawn", "retired"}, "submitted", {"ministry"}),
}
CALLERS = ("anonymous", "stranger", "owner", "ministry", "operator")
WAY_TO = {
    "submitted": (),
    "verified": ("verify",),
    "rejected": ("reject",),
    "withdrawn": ("withdraw",),
    "retired": ("verify", "retire"),
}


class Expected(NamedTuple):
    status_code: int
    code_or_status: str


def expected(status: str, action: str, caller: str) -> Expected:
    """Return what the table says of one call."""
    sources, result, allowed = TABLE[action]
    if caller == "anonymous":
        return Expected(401, "not_authenticated")
    if caller == "stranger":
        return Expected(403, "forbidden") if status in ("verified", "retired") else Expected(404, "not_found")
    if ("ministry" if caller == "operator" else caller) not in allowed:
        return Expected(403, "forbidden")
    return Expected(200, result) if status in sources else Expected(409, "transition_not_allowed")
