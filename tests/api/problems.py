"""What a refusal says, briefly enough to compare."""

import httpx


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


def errors_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return where and with which code the entries of a 422 stand."""
    assert answer.status_code == 422, answer.text
    return [(error.get("pointer") or error["parameter"], error["code"]) for error in answer.json()["errors"]]
