"""What can be wrong with each field of a record's body, and what the sender is told.

`FACTORY` and `MODEL` hold, for every field a person can give, bad values with the code and the place expected.
"""

from dataclasses import dataclass
from typing import Any

from service.core.factories import PROJECT_TYPES, USE_CASES
from service.core.foundation_models import ACCESS, KINDS, MODALITIES
from service.core.lifecycle import REASON_CODES

NAME, LINE, FREE = 200, 500, 4000
UNKNOWN_ID = "0190a000-0000-7000-8000-00000000dead"


@dataclass(frozen=True)
class Bad:
    """A bad value of a field; `within` is the place below the field, `says` what the English message must name."""

    field: str
    value: Any
    code: str
    says: str
    within: str = ""

    @property
    def pointer(self) -> str:
        return f"#/{self.field}{self.within}"

    def __str__(self) -> str:
        return f"{self.field}-{self.code}-{self.value!r:.24}"


def text(field: str, limit: int) -> list[Bad]:
    """Return bad texts."""
    return [
        Bad(field, 5, "not_text", "string"),
        Bad(field, False, "not_text", "string"),
        Bad(field, ["가"], "not_text", "string"),
        Bad(field, {"ko": "가"}, "not_text", "string"),
        Bad(field, "", "empty", "empty"),
        Bad(field, " \t\n ", "empty", "empty"),
        Bad(field, "\u3164", "empty", "empty"),
        Bad(field, "가\u0000나", "control_character", "control"),
        Bad(field, "가\u001b[31m", "control_character", "control"),
        Bad(field, "가\u0085\u0080", "control_character", "control"),
        Bad(field, "가" * (limit + 1), "too_long", str(limit)),
    ]


def choice(field: str, allowed: tuple[str, ...]) -> list[Bad]:
    """Return values that are none of the allowed ones."""
    listed = ", ".join(allowed)
    return [Bad(field, value, "not_one_of", listed) for value in ("nonsense", allowed[0].upper(), "", 1, [allowed[0]])]


def day(field: str) -> list[Bad]:
    """Return what is no day."""
    wrong = ("2026-02-30", "2026-3-2", "02.03.2026", "2026-03-02T00:00:00Z", "２０２６-03-02", "", 20260302, True)
    return [Bad(field, value, "not_a_date", "YYYY-MM-DD") for value in wrong] + [
        Bad(field, "1949-12-31", "out_of_range", "1950-01-01"),
        Bad(field, "2200-01-01", "out_of_range", "2199-12-31"),
    ]


def identifier(field: str) -> list[Bad]:
    """Return what is no id."""
    wrong = ("7", "", "0190a000000070008000000000000001", f"{{{UNKNOWN_ID}}}", f"urn:uuid:{UNKNOWN_ID}", 7, None)
    return [Bad(field, value, "not_an_id", "UUID") for value in wrong if value is not None]


def entries(field: str, allowed: tuple[str, ...]) -> list[Bad]:
    """Return wrong lists of choices."""
    return [
        Bad(field, allowed[0], "not_a_list", "list"),
        Bad(field, {allowed[0]: 1}, "not_a_list", "list"),
        Bad(field, [allowed[0], "nonsense"], "not_one_of", ", ".join(allowed), "/1"),
        Bad(field, [None], "not_one_of", ", ".join(allowed), "/0"),
        Bad(field, [allowed[0], allowed[1], allowed[0]], "repeated_entry", "twice", "/2"),
        Bad(field, [allowed[0]] * (len(allowed) + 1), "too_many", str(len(allowed))),
    ]


_NO_LINKS = (
    "http://example.com",
    "example.com",
    "https://",
    "https://user:word@example.com",
    "https://exa mple.com",
    "javascript:alert(1)",
    "https://example.com:99999/",
    "https://[::1",
)


def link(field: str, within: str = "", *, in_list: bool = False) -> list[Bad]:
    """Return what is no https link."""
    found = [Bad(field, value, "not_an_https_link", "https://", within) for value in _NO_LINKS]
    found += [
        Bad(field, 5, "not_text", "string", within),
        Bad(field, "https://example.com/" + "a" * LINE, "too_long", str(LINE), within),
    ]
    return [Bad(bad.field, [bad.value], bad.code, bad.says, "/0") for bad in found] if in_list else found


def industry(field: str, *, in_list: bool = False) -> list[Bad]:
    """Return what is no industry."""
    found = [
        Bad(field, value, "unknown_industry", "C26")
        for value in ("", "2", "261101", "C", "D26", "09", "35", "99", "26 110", "전자", "٢٦")
    ]
    found.append(Bad(field, 26, "not_text", "string"))
    return [Bad(bad.field, [bad.value], bad.code, bad.says, "/0") for bad in found] if in_list else found


_EMAILS = ("ax", "ax@", "@example.com", "ax@example", "a x@example.com", "ax@@example.com", "ax@example..com")

_SHARED = [*text("name", NAME), *text("name_en", NAME), *text("external_ref", LINE)]

FACTORY = [
    *_SHARED,
    *identifier("organization_id"),
    Bad("organization_id", UNKNOWN_ID, "unknown_organization", "No such organization"),
    *(Bad("region", value, "unknown_region", "/v1/regions") for value in ("", "99", "Atlantis", "KR-99", "경", "\0")),
    Bad("region", 41, "not_text", "string"),
    Bad("region", {"code": "41"}, "not_text", "string"),
    *industry("industry"),
    *day("adoption_date"),
    Bad("foundation_model_ids", UNKNOWN_ID, "not_a_list", "list"),
    Bad("foundation_model_ids", ["7"], "not_an_id", "UUID", "/0"),
    Bad("foundation_model_ids", [UNKNOWN_ID], "unknown_foundation_model", "verified", "/0"),
    Bad("foundation_model_ids", [UNKNOWN_ID, UNKNOWN_ID.upper()], "repeated_entry", "twice", "/1"),
    Bad("foundation_model_ids", [UNKNOWN_ID] * 51, "too_many", "50"),
    *choice("project_type", PROJECT_TYPES),
    *entries("use_cases", USE_CASES),
    *text("address", FREE),
    *text("contact_name", NAME),
    *(Bad("contact_email", value, "not_an_email", "ax@example.com") for value in _EMAILS),
    Bad("contact_email", 5, "not_text", "string"),
    Bad("contact_email", "a" * 250 + "@example.com", "too_long", "254"),
    *text("notes", FREE),
    Bad("evidence", "https://example.com", "not_a_list", "list"),
    *link("evidence", in_list=True),
    Bad("evidence", ["https://example.com/a"] * 2, "repeated_entry", "twice", "/1"),
    Bad("evidence", [f"https://example.com/{number}" for number in range(6)], "too_many", "5"),
]

MODEL = [
    *_SHARED,
    *identifier("organization_id"),
    Bad("organization_id", UNKNOWN_ID, "unknown_organization", "No such organization"),
    *choice("kind", KINDS),
    Bad("industries", "26", "not_a_list", "list"),
    *industry("industries", in_list=True),
    Bad("industries", ["26", "C26"], "repeated_entry", "twice", "/1"),
    *entries("modalities", MODALITIES),
    *choice("access", ACCESS),
    *text("model_version", LINE),
    *day("released_on"),
    *link("url"),
    *text("description", FREE),
]

ACTIONS = {
    "reject": [*choice("reason_code", REASON_CODES), *text("reason", FREE)],
    "resubmit": text("note", FREE),
    "withdraw": text("reason", FREE),
    "retire": day("retired_on"),
    "reopen": text("reason", FREE),
}
RIGHT_ACTIONS: dict[str, dict[str, Any]] = {
    "verify": {},
    "reject": {"reason_code": "no_evidence", "reason": "증빙이 없습니다."},
    "resubmit": {},
    "withdraw": {"reason": "중복 등록입니다."},
    "retire": {"retired_on": "2026-10-31"},
    "reopen": {"reason": "잘못 눌렀습니다."},
}
REQUIRED = {
    "factories": ("name", "region", "industry", "adoption_date"),
    "foundation-models": ("name", "kind", "access", "model_version", "released_on"),
}
OPTIONAL: dict[str, dict[str, Any]] = {
    "factories": {
        "name_en": "Suwon plant",
        "foundation_model_ids": [],
        "project_type": "mini",
        "use_cases": ["safety", "design"],
        "external_ref": "SW-1",
        "address": "경기도 수원시",
        "contact_name": "홍길동",
        "contact_email": "hong@example.com",
        "notes": "야간 가동",
        "evidence": ["https://example.com/report"],
    },
    "foundation-models": {
        "name_en": "Weld inspector",
        "industries": ["26"],
        "modalities": ["vision"],
        "url": "https://example.com/model",
        "description": "용접 결함을 찾습니다.",
        "external_ref": "M-1",
    },
}
