"""One class for each refusal. They know codes and words in two languages, and nothing of HTTP."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from service.core.text import Text


class FieldProblem(NamedTuple):
    """What is wrong with one field of a body (`pointer`, RFC 6901) or one parameter of a query."""

    where: str
    code: str
    message: Text
    is_parameter: bool = False


class Refusal(Exception):
    """The registry says no. `code` is stable; `title` and `detail` are for people."""

    code: ClassVar[str]
    title: ClassVar[Text]
    words: ClassVar[Text]

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    @property
    def detail(self) -> Text:
        """Return what happened, in both languages."""
        return self.words.with_facts(**self.facts)


class NotAuthenticated(Refusal):
    """No key, or one that is unknown, revoked or expired."""

    code = "not_authenticated"
    title = Text("인증이 필요합니다", "Authentication required")
    words = Text(
        "유효한 API 키를 'Authorization: Bearer <키>' 헤더로 보내 주십시오.",
        "Send a valid API key in the header 'Authorization: Bearer <key>'.",
    )


class NotFound(Refusal):
    """There is no such record, or the caller may not see it."""

    code = "not_found"
    title = Text("찾을 수 없습니다", "Not found")
    words = Text(
        "요청하신 자료가 없거나 볼 수 있는 권한이 없습니다.", "There is no such resource, or it is not visible to you."
    )


class Forbidden(Refusal):
    """The caller may see the record, but not do this with it."""

    code = "forbidden"
    title = Text("권한이 없습니다", "Not permitted")
    words = Text("이 작업을 할 권한이 없는 역할입니다: {role}.", "The role {role} may not do this.")


class OrganizationClosed(Refusal):
    """A closed organization writes nothing."""

    code = "organization_closed"
    title = Text("종료된 기관입니다", "Organization closed")
    words = Text("종료된 기관은 자료를 등록하거나 변경할 수 없습니다.", "A closed organization can't write.")


class BodyTooLarge(Refusal):
    """The body exceeds what this call takes."""

    code = "body_too_large"
    title = Text("본문이 너무 큽니다", "Body too large")
    words = Text("본문은 {limit_bytes}바이트까지 보낼 수 있습니다.", "The body may have up to {limit_bytes} bytes.")


class UnsupportedMediaType(Refusal):
    """The body is not of a type this call takes."""

    code = "unsupported_media_type"
    title = Text("지원하지 않는 형식입니다", "Unsupported media type")
    words = Text("Content-Type은 {expected}(이)어야 합니다.", "The Content-Type must be {expected}.")


class MalformedJson(Refusal):
    """The body is not one JSON object in UTF-8."""

    code = "malformed_json"
    title = Text("JSON 형식이 올바르지 않습니다", "Malformed JSON")
    words = Text("본문은 UTF-8로 된 JSON 객체 하나여야 합니다.", "The body must be one JSON object in UTF-8.")


class MalformedRequest(Refusal):
    """A header the call depends on cannot be read."""

    code = "malformed_request"
    title = Text("요청 형식이 올바르지 않습니다", "Malformed request")
    words = Text("{header} 헤더를 읽을 수 없습니다: {remedy_ko}.", "The header {header} can't be read: {remedy_en}.")


class PreconditionRequired(Refusal):
    """A change must say which version it changes."""

    code = "precondition_required"
    title = Text("If-Match가 필요합니다", "If-Match required")
    words = Text(
        "자료를 먼저 조회한 뒤 그 ETag를 If-Match 헤더로 보내 주십시오.",
        "Read the record first and send its ETag in the header If-Match.",
    )


class PreconditionFailed(Refusal):
    """The record has changed since the caller read it."""

    code = "precondition_failed"
    title = Text("다른 변경이 먼저 저장되었습니다", "The record has changed")
    words = Text(
        "현재 ETag는 {etag}입니다. 자료를 다시 조회한 뒤 시도해 주십시오.",
        "Its ETag is now {etag}. Read the record again, then retry.",
    )


class Invalid(Refusal):
    """Fields or parameters are wrong; all of them are listed at once."""

    code = "validation_failed"
    title = Text("입력값을 확인해 주십시오", "Check your input")
    words = Text("{count}개 항목에 오류가 있습니다.", "Entries that are not right: {count}.")

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(count=len(problems))
        self.problems = list(problems)


class TransitionNotAllowed(Refusal):
    """The record's state does not allow the call."""

    code = "transition_not_allowed"
    title = Text("현재 상태에서 할 수 없는 작업입니다", "Not possible in this state")
    words = Text(
        "'{status}' 상태에서는 '{action}' 작업을 할 수 없습니다. 가능한 상태: {allowed}.",
        "A record that is '{status}' can't '{action}'. It is possible from: {allowed}.",
    )


class NotYetAdopted(Refusal):
    """A plan becomes an achievement by somebody looking, never by the calendar."""

    code = "not_yet_adopted"
    title = Text("아직 도입일이 되지 않았습니다", "Not adopted yet")
    words = Text(
        "날짜 {day}가 오늘({today})보다 뒤이므로 확인된 자료로 둘 수 없습니다.",
        "Its date {day} lies after today ({today}); a verified record can't lie ahead.",
    )


class LikelyDuplicate(Refusal):
    """Something very like it is registered already; advice, overridden by `allow_similar`."""

    code = "likely_duplicate"
    title = Text("이미 등록된 공장과 매우 비슷합니다", "Likely a duplicate")
    words = Text(
        "같은 기관·지역에 이름이 거의 같은 공장이 있습니다. 다른 공장이라면 allow_similar=true로 다시 보내 주십시오.",
        "The organization has a factory of nearly the same name in this region. "
        "If it is another one, send again with allow_similar=true.",
    )

    def __init__(self, candidates: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        self.candidates = list(candidates)


class AlreadyRegistered(Refusal):
    """A value that must be unique is taken; decided by a constraint, never by looking first."""

    code = "already_registered"
    title = Text("이미 등록된 값입니다", "Already registered")
    words = Text("'{field}' 값이 이미 등록되어 있습니다.", "The value of '{field}' is already registered.")


class TargetClosed(Refusal):
    """A closed target is not revised."""

    code = "target_closed"
    title = Text("종료된 목표입니다", "Target closed")
    words = Text("종료된 목표는 변경할 수 없습니다.", "A closed target can't be changed.")


class TooManySecrets(Refusal):
    """A secret can't be rotated again so soon: every one that is still valid is one more signature on each request."""

    code = "too_many_secrets"
    title = Text("유효한 비밀값이 너무 많습니다", "Too many valid secrets")
    words = Text(
        "이전 비밀값은 {limit}개까지 함께 유효할 수 있습니다. overlap_hours를 0으로 하면 모두 끝납니다.",
        "At most {limit} older secrets may be valid at once. With overlap_hours 0 all of them end now.",
    )


class StillRunning(Refusal):
    """A request with the same Idempotency-Key is still being answered."""

    code = "idempotency_key_in_use"
    title = Text("같은 요청을 처리하고 있습니다", "Still running")
    words = Text(
        "같은 Idempotency-Key의 요청이 아직 처리 중입니다. 잠시 후 다시 시도해 주십시오.",
        "A request with the same Idempotency-Key is still running. Try again shortly.",
    )


class TooManyRequests(Refusal):
    """The caller has used up this minute's requests."""

    code = "too_many_requests"
    title = Text("요청이 너무 많습니다", "Too many requests")
    words = Text(
        "{retry_after}초 후에 다시 시도해 주십시오. 한도: {limit}.",
        "Try again in {retry_after} s. The limit is {limit}.",
    )


class MethodNotAllowed(Refusal):
    """The resource exists but has no such call."""

    code = "method_not_allowed"
    title = Text("지원하지 않는 메서드입니다", "Method not allowed")
    words = Text("이 주소에서는 {method} 메서드를 쓸 수 없습니다.", "{method} is not possible here.")


class InternalFailure(Refusal):
    """Our own fault; the request id finds it in the log."""

    code = "internal_error"
    title = Text("서버 오류입니다", "Internal error")
    words = Text(
        "처리 중 오류가 발생했습니다. 문의하실 때 request_id를 알려 주십시오.",
        "Something failed on our side. Please quote request_id when you ask.",
    )


class Unavailable(Refusal):
    """The database can't be reached at the moment."""

    code = "unavailable"
    title = Text("일시적으로 이용할 수 없습니다", "Temporarily unavailable")
    words = Text(
        "데이터베이스에 연결할 수 없습니다. 잠시 후 다시 시도해 주십시오.",
        "The database can't be reached. Try again shortly.",
    )


class Gone(Refusal):
    """What would follow on this place in the feed is not kept any more."""

    code = "gone"
    title = Text("보관 기간이 지난 위치입니다", "No longer kept")
    words = Text(
        "이 위치 다음의 이벤트는 더 이상 보관되어 있지 않습니다. after=now의 'next'를 먼저 받고 목록으로 현재 상태를 "
        "다시 받은 뒤, 그 'next'부터 이어 가십시오.",
        "Events that follow on this place are no longer kept. Get the 'next' of after=now, take stock anew from the "
        "lists, then go on from that 'next'.",
    )


class StreamsFull(Refusal):
    """As many event streams are open as this process takes, or it is about to stop."""

    code = "too_many_streams"
    title = Text("이벤트 스트림이 모두 사용 중입니다", "Too many event streams")
    words = Text(
        "열 수 있는 이벤트 스트림이 없습니다. {retry_after}초 후에 다시 연결해 주십시오.",
        "No more event streams can be opened. Connect again in {retry_after} s.",
    )


class IdempotencyKeyReused(Refusal):
    """An Idempotency-Key came with another body than the first time."""

    code = "idempotency_key_reused"
    title = Text("Idempotency-Key가 이미 사용되었습니다", "Idempotency-Key reused")
    words = Text(
        "이 Idempotency-Key는 다른 본문으로 이미 사용되었습니다. 새 키를 쓰십시오.",
        "This Idempotency-Key was used with another body. Use a new key.",
    )
