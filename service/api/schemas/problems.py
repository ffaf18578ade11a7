"""The one shape of every refusal."""

from typing import Any

from pydantic import BaseModel, Field


class ProblemEntryOut(BaseModel):
    """One thing that is wrong with the body (`pointer`) or the query (`parameter`)."""

    pointer: str | None = Field(None, description="Which field of the body (RFC 6901).", examples=["#/name"])
    parameter: str | None = Field(None, description="Which parameter of the query.", examples=["limit"])
    code: str = Field(description="A stable code.", examples=["required"])
    message: str = Field(description="What would be right.", examples=["필수 항목입니다."])


class ProblemOut(BaseModel):
    """A refusal (RFC 9457), Korean unless English is preferred."""

    type: str = Field(description="The kind of problem, as a URN.", examples=["urn:ax-registry:problem:not_found"])
    title: str = Field(description="The kind of problem in words.", examples=["찾을 수 없습니다"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="What happened here.", examples=["요청하신 자료가 없거나 볼 수 있는 권한이 없습니다."]
    )
    code: str = Field(description="A stable code.", examples=["not_found"])
    request_id: str = Field(description="Quote it when you ask.", examples=["4f8a1f0e2c7d4f6ab1f8f5a2a3f0c9d1"])
    errors: list[ProblemEntryOut] | None = Field(
        None, description="With 422: every error at once.", examples=[[{"pointer": "#/name", "code": "required"}]]
    )
    candidates: list[dict[str, Any]] | None = Field(
        None, description="With `likely_duplicate`: what it is like (`id`, `registry_number`, `name`).", examples=[[]]
    )
