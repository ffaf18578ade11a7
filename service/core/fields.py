"""The rules of single fields: what a value must be, how it is cleaned, and what the sender is told.

A rule is a function that takes a JSON value (never null) and returns the clean value, or raises `Bad`. `check_body`
applies a table of them to a whole object and collects every problem at once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from service.core.errors import FieldProblem
from service.core.text import Text, has_control_character, has_visible_character, tidy_line, tidy_paragraphs

NAME_LENGTH = 200
FREE_TEXT_LENGTH = 4000
LINE_LENGTH = 500
UNKNOWN_MOST = 100
FIRST_DAY = date(1950, 1, 1)
LAST_DAY = date(2199, 12, 31)

MESSAGES = {
    "required": Text("필수 항목입니다.", "This field is required."),
    "unknown_field": Text(
        "알 수 없는 항목입니다. 사용할 수 있는 항목: {known}.", "No such field. The fields are: {known}."
    ),
    "read_only": Text(
        "등록부가 정하는 항목이므로 보낼 수 없습니다.", "The registry sets this field; it can't be sent."
    ),
    "ministry_only": Text("이 항목은 부처만 정할 수 있습니다.", "Only the ministry may set this field."),
    "unknown_parameter": Text(
        "알 수 없는 매개변수입니다. 사용할 수 있는 매개변수: {known}.",
        "No such parameter. The parameters are: {known}.",
    ),
    "repeated_parameter": Text("매개변수는 한 번만 쓸 수 있습니다.", "Give this parameter once."),
    "not_text": Text("문자열이어야 합니다.", "Must be a string."),
    "not_an_object": Text("객체여야 합니다.", "Must be an object."),
    "not_a_list": Text("배열이어야 합니다.", "Must be a list."),
    "not_an_integer": Text("정수여야 합니다.", "Must be a whole number."),
    "not_a_number": Text("숫자여야 합니다.", "Must be a number."),
    "not_true_or_false": Text("true 또는 false여야 합니다.", "Must be true or false."),
    "empty": Text("비워 둘 수 없습니다.", "Must not be empty."),
    "too_long": Text("{limit}자 이하여야 합니다.", "Must have at most {limit} characters."),
    "too_short": Text("{limit}자 이상이어야 합니다.", "Must have at least {limit} characters."),
    "control_character": Text("제어 문자는 쓸 수 없습니다.", "Must not hold control characters."),
    "out_of_range": Text("{low} 이상 {high} 이하여야 합니다.", "Must lie between {low} and {high}."),
    "too_many": Text("{limit}개까지 쓸 수 있습니다.", "At most {limit} entries are possible."),
    "repeated_entry": Text("같은 값이 두 번 있습니다.", "The same entry stands here twice."),
    "not_one_of": Text("다음 중 하나여야 합니다: {allowed}.", "Must be one of: {allowed}."),
    "not_a_date": Text("YYYY-MM-DD 형식의 날짜여야 합니다.", "Must be a date, YYYY-MM-DD."),
    "not_an_instant": Text(
        "시간대가 있는 RFC 3339 시각이어야 합니다. 예: 2026-11-22T09:00:00Z.",
        "Must be an RFC 3339 instant with its zone, for example 2026-11-22T09:00:00Z.",
    ),
    "not_a_date_or_instant": Text(
        "날짜(YYYY-MM-DD) 또는 시간대가 있는 RFC 3339 시각이어야 합니다. 예: 2026-11-22T09:00:00Z.",
        "Must be a date, YYYY-MM-DD, or an RFC 3339 instant with its zone, for example 2026-11-22T09:00:00Z.",
    ),
    "not_an_id": Text("UUID여야 합니다.", "Must be a UUID."),
    "not_an_email": Text(
        "전자우편 주소여야 합니다. 예: ax@example.com.", "Must be an e-mail address, for example ax@example.com."
    ),
    "not_an_https_link": Text(
        "https 주소여야 합니다. 예: https://example.com/report.",
        "Must be an https link, for example https://example.com/report.",
    ),
    "not_a_webhook_url": Text(
        "{schemes} 주소여야 하며 공백이 없어야 합니다. 예: https://example.com/webhooks.",
        "Must be an absolute URL ({schemes}) without spaces, for example https://example.com/webhooks.",
    ),
    "url_with_user": Text(
        "주소에 사용자 이름이나 비밀번호를 넣을 수 없습니다.", "Must not hold a user's name or a password."
    ),
    "url_with_fragment": Text(
        "주소에 '#'으로 시작하는 부분은 전송되지 않으므로 넣을 수 없습니다.",
        "Must not hold a fragment (#…): it would never be sent.",
    ),
    "bad_url_host": Text(
        "호스트 이름이 올바르지 않습니다. 예: hooks.example.com.",
        "The host is no valid name, such as hooks.example.com.",
    ),
    "bad_url_port": Text("포트는 1 이상 65535 이하여야 합니다.", "The port must lie between 1 and 65535."),
    "address_not_canonical": Text(
        "IP 주소는 표준 표기로 써야 합니다. 예: 8.8.8.8, [2001:4860:4860::8888].",
        "Write an IP address in its usual form, such as 8.8.8.8 or [2001:4860:4860::8888].",
    ),
    "address_not_public": Text(
        "공개된 IP 주소가 아니므로 웹훅을 보낼 수 없습니다.",
        "Not a public IP address: no webhook can be sent there.",
    ),
    "not_a_code": Text(
        "영문 소문자, 숫자, 붙임표(-)만 쓸 수 있습니다(1~60자). 예: factories-2027.",
        "Must have 1 to 60 lower-case letters, digits and hyphens only, for example factories-2027.",
    ),
    "unknown_target": Text("알 수 없는 목표입니다. 목표의 code를 쓰십시오.", "No such target. Give the code of one."),
    "before_retention": Text(
        "보관 기간이 지났습니다. {oldest} 이후여야 합니다.", "No longer kept. Must not lie before {oldest}."
    ),
    "bad_business_number": Text(
        "사업자등록번호는 숫자 10자리이며 검증번호가 맞아야 합니다.",
        "A business registration number has 10 digits, the last of which is the check digit; this one does not fit.",
    ),
    "unknown_region": Text(
        "알 수 없는 지역입니다. 행정구역 코드(예: 41), ISO 코드(KR-41) 또는 이름(경기)을 쓰십시오.",
        "No such region. Use its code (41), ISO code (KR-41) or name (Gyeonggi); GET /v1/regions lists them.",
    ),
    "unknown_industry": Text(
        "제11차 한국표준산업분류 C(제조업)의 2~5자리 코드여야 합니다. 예: 26, C26, 26110.",
        "Must be a KSIC Rev. 11 code of section C with two to five digits, for example 26, C26 or 26110.",
    ),
    "unknown_organization": Text("알 수 없는 기관입니다.", "No such organization."),
    "unknown_foundation_model": Text(
        "사용할 수 없는 모델입니다. 확인되었거나 운영이 끝난 모델, 또는 소속 기관의 모델만 쓸 수 있습니다.",
        "No such model: verified or retired ones can be named, and those of the organization itself.",
    ),
    "in_the_future": Text("오늘({today})보다 뒤일 수 없습니다.", "Must not lie after today ({today})."),
    "after_now": Text("지금({now})보다 뒤일 수 없습니다.", "Must not lie after now ({now})."),
    "in_the_past": Text("지금보다 뒤여야 합니다.", "Must lie in the future."),
    "before_its_date": Text("도입일({day})보다 앞설 수 없습니다.", "Must not lie before the record's date ({day})."),
    "after_its_end": Text(
        "운영 종료일({day})보다 뒤일 수 없습니다.", "Must not lie after the day the record was retired ({day})."
    ),
    "nothing_to_change": Text("바꿀 항목이 없습니다.", "Name at least one field to change."),
    "keys_do_not_fit": Text(
        "이 유형에 맞지 않는 역할의 API 키가 있습니다({roles}). 먼저 그 키를 폐기하십시오.",
        "There are API keys whose role does not fit this kind ({roles}). Revoke them first.",
    ),
    "role_does_not_fit": Text(
        "기관 유형({kind})에 맞지 않는 역할입니다. 가능한 역할: {allowed}.",
        "This role does not fit an organization of kind {kind}. Possible: {allowed}.",
    ),
    "bad_cursor": Text(
        "이 목록의 'next' 값이 아닙니다.", "Not a cursor of this list: give the 'next' of the page before."
    ),
    "after_starts_on": Text("starts_on보다 뒤일 수 없습니다.", "Must not lie after starts_on."),
    "before_starts_on": Text("starts_on보다 앞설 수 없습니다.", "Must not lie before starts_on."),
    "window_too_long": Text("기간은 20년 이하여야 합니다.", "The window may be 20 years long at most."),
    "outside_window": Text("starts_on과 due_on 사이의 날짜여야 합니다.", "Must lie between starts_on and due_on."),
    "not_rising": Text("앞 지점의 날짜보다 뒤여야 합니다.", "Must lie after the day of the point before."),
    "falling": Text("앞 지점의 값보다 작을 수 없습니다.", "Must not be less than the value of the point before."),
    "outside_goal": Text("baseline과 goal 사이여야 합니다.", "Must lie between baseline and goal."),
    "not_goal_on_due_day": Text("due_on의 값은 goal과 같아야 합니다.", "On due_on the value must be the goal."),
    "not_below_goal": Text("goal보다 작아야 합니다.", "Must be less than goal."),
    "not_below_clear": Text("clear_above보다 작아야 합니다.", "Must be less than clear_above."),
    "does_not_fit_metric": Text(
        "이 목표의 metric에는 쓸 수 없는 조건입니다. 쓸 수 있는 조건: {allowed}.",
        "Does not apply to this target's metric. These do: {allowed}.",
    ),
}


class Bad(Exception):
    """A value breaks a rule. `within` is the path below the field, for example `/2/on`.

    `others` are further ones in the same field: every error of a body is told at once.
    """

    def __init__(self, code: str, within: str = "", **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.within = within
        self.message = MESSAGES[code].with_facts(**facts)
        self.others: list[Bad] = []

    def all(self) -> "list[Bad]":
        """Return this one and the others."""
        return [self, *self.others]


Rule = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: its rule, and what leaving it out (or sending null) means."""

    rule: Rule
    required: bool = False
    default: Any = None


Fields = Mapping[str, Field]


def check_body(
    body: Mapping[str, Any], fields: Fields, *, partial: bool = False, read_only: Sequence[str] = ()
) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Return the clean values of `body` and every problem found.

    With `partial` (a merge patch, RFC 7396) only the fields present are returned, and null clears one; otherwise every
    field of `fields` is in the answer. Fields not in `fields` are problems (the first hundred of them: more would tell
    nobody anything, and make a large answer out of a small body); those in `read_only` say why.
    """
    unknown = islice((name for name in body if name not in fields), UNKNOWN_MOST)
    problems = [_unknown(name, fields=fields, read_only=read_only) for name in unknown]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if partial and name not in body:
            continue
        raw = body.get(name)
        if raw is None:
            if field.required:
                problems.append(problem(name, "required"))
            values[name] = field.default
            continue
        try:
            values[name] = field.rule(raw)
        except Bad as bad:
            problems += [FieldProblem(f"#/{name}{each.within}", each.code, each.message) for each in bad.all()]
    return values, problems


def problem(name: str, code: str, **facts: Any) -> FieldProblem:
    """Return a problem of a body's field `name` with one of the known codes."""
    return FieldProblem(f"#/{name}", code, MESSAGES[code].with_facts(**facts))


def parameter_problem(name: str, code: str, **facts: Any) -> FieldProblem:
    """Return a problem of a query's parameter `name` with one of the known codes."""
    return FieldProblem(name, code, MESSAGES[code].with_facts(**facts), is_parameter=True)


def _unknown(name: str, *, fields: Fields, read_only: Sequence[str]) -> FieldProblem:
    pointer = name.replace("~", "~0").replace("/", "~1")[:LINE_LENGTH]
    if name in read_only:
        return problem(pointer, "read_only")
    return problem(pointer, "unknown_field", known=", ".join(fields) or "-")


def text(limit: int = LINE_LENGTH, *, keeps_breaks: bool = False, at_least: int = 1) -> Rule:
    """Make the rule of a text of `at_least` to `limit` characters, counted after cleaning."""
    tidy = tidy_paragraphs if keeps_breaks else tidy_line

    def rule(value: Any) -> str:
        if not isinstance(value, str):
            raise Bad("not_text")
        if value.isascii() and value.isprintable():
            clean = tidy(value) if "  " in value or value[:1] == " " or value[-1:] == " " else value
        else:
            if has_control_character(value):
                raise Bad("control_character")
            clean = tidy(value)
        if not has_visible_character(clean):
            raise Bad("empty")
        if len(clean) > limit:
            raise Bad("too_long", limit=limit)
        if len(clean) < at_least:
            raise Bad("too_short", limit=at_least)
        return clean

    return rule


NAME = text(NAME_LENGTH)
LINE = text(LINE_LENGTH)
FREE_TEXT = text(FREE_TEXT_LENGTH, keeps_breaks=True)
REMARK = text(FREE_TEXT_LENGTH)
"""Free text of an action (a reason, a note): white space is kept in `address`, `notes` and `description` alone."""


def one_of(allowed: Sequence[str]) -> Rule:
    """Make the rule of a value out of a closed list."""
    known = frozenset(allowed)
    listing = ", ".join(allowed)

    def rule(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise Bad("not_one_of", allowed=listing)
        return value

    return rule


def list_of(rule: Rule, *, limit: int, drops_repeats: bool = False) -> Rule:
    """Make the rule of a list of up to `limit` different entries, in the order given.

    An entry that stands there twice is refused, or with `drops_repeats` taken once.
    """

    def checked(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Bad("not_a_list")
        if len(value) > limit:
            raise Bad("too_many", limit=limit)
        return tuple(_entries(value, rule, drops_repeats=drops_repeats))

    return checked


def _entries(values: Sequence[Any], rule: Rule, *, drops_repeats: bool) -> list[Any]:
    entries: list[Any] = []
    found: list[Bad] = []
    for index, value in enumerate(values):
        try:
            entry = rule(value)
        except Bad as bad:
            for each in bad.all():
                each.within = f"/{index}{each.within}"
                found.append(each)
            continue
        if entry not in entries:
            entries.append(entry)
        elif not drops_repeats:
            found.append(Bad("repeated_entry", within=f"/{index}"))
    if found:
        found[0].others = found[1:]
        raise found[0]
    return entries


def integer(low: int, high: int) -> Rule:
    """Make the rule of a whole number between `low` and `high`, both included. 3.0 is no whole number."""

    def rule(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Bad("not_an_integer")
        if not low <= value <= high:
            raise Bad("out_of_range", low=low, high=high)
        return value

    return rule


def number(low: float, high: float) -> Rule:
    """Make the rule of a number between `low` and `high`, both included."""

    def rule(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Bad("not_a_number")
        if not low <= value <= high:
            raise Bad("out_of_range", low=low, high=high)
        return float(value)

    return rule


def day(value: Any) -> date:
    """Take a date as `YYYY-MM-DD` between 1950 and 2199: beyond that it is a slip of the pen."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise Bad("not_a_date")
    try:
        parsed = date.fromisoformat(value)
    except ValueError:
        raise Bad("not_a_date") from None
    if not FIRST_DAY <= parsed <= LAST_DAY:
        raise Bad("out_of_range", low=FIRST_DAY, high=LAST_DAY)
    return parsed


_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)


def instant(value: Any) -> datetime:
    """Take an RFC 3339 instant with its zone, between 1950 and 2199; return it in UTC, to the microsecond."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise Bad("not_an_instant")
    try:
        parsed = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Bad("not_an_instant") from None
    if not FIRST_DAY <= parsed.date() <= LAST_DAY:
        raise Bad("out_of_range", low=FIRST_DAY, high=LAST_DAY)
    return parsed


_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def identifier(value: Any) -> UUID:
    """Take a UUID in its hyphenated form."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Bad("not_an_id")
    return UUID(value)


_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@([\w](-*[\w])*\.)+([^\W\d_]{2,63}|xn--[a-z0-9]{1,59})", re.IGNORECASE)


def email(value: Any) -> str:
    """Take an e-mail address of at most 254 characters (RFC 5321)."""
    clean = text(254)(value)
    if not _EMAIL.fullmatch(clean):
        raise Bad("not_an_email")
    return str(clean)


def https_link(value: Any) -> str:
    """Take an absolute https link of at most 500 characters, without a user's name in it."""
    clean = str(LINE(value))
    try:
        parts = urlsplit(clean)
        fits = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        fits = False
    if not fits or " " in clean:
        raise Bad("not_an_https_link")
    return clean


def flag(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise Bad("not_true_or_false")
    return value
