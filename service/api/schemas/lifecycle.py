"""The bodies of the calls that move a record."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.core.lifecycle import Action


class NothingIn(BaseModel):
    """Nothing needs to be said: no body, or an empty object."""

    model_config = ConfigDict(extra="forbid")


class RejectIn(BaseModel):
    """Why a registration is turned down; its organization reads it."""

    model_config = ConfigDict(extra="forbid")

    reason_code: Literal["not_an_ai_factory", "duplicate", "wrong_data", "no_evidence", "other"] = Field(
        description="The kind of reason.", examples=["no_evidence"]
    )
    reason: str = Field(
        description="The reason in words, up to 4,000 characters.",
        examples=["증빙 자료를 보완해 주십시오."],
        max_length=4000,
    )


class ResubmitIn(BaseModel):
    """What was amended."""

    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(
        None, description="Kept in the history.", examples=["증빙 자료를 추가했습니다."], max_length=4000
    )


class WithdrawIn(BaseModel):
    """Why the record should never have been there."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="Kept in the history.", examples=["중복 등록입니다."], max_length=4000)


class RetireIn(BaseModel):
    """When it ended."""

    model_config = ConfigDict(extra="forbid")

    retired_on: date = Field(description="Not before the record's own date, not after today.", examples=["2026-10-31"])


class ReopenIn(BaseModel):
    """Which mistake is undone."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(description="Kept in the history.", examples=["반려 처리 오류를 정정합니다."], max_length=4000)


BODY_OF: dict[Action, type[BaseModel]] = {
    Action.VERIFY: NothingIn,
    Action.REJECT: RejectIn,
    Action.RESUBMIT: ResubmitIn,
    Action.WITHDRAW: WithdrawIn,
    Action.RETIRE: RetireIn,
    Action.REOPEN: ReopenIn,
}
