"""Schemathesis over the whole document: no 5xx, and no answer that the document does not describe."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.main import build_app
from tests.api.alerts import add_alert
from tests.api.builders import register_model, verified_factory, webhook_ids
from tests.api.conftest import Api
from tests.api.live import Live, live_app

load_all_checks()
DOCUMENT = build_app(lambda: pytest.fail("only the document is asked for")).openapi()
# A stream is never answered to its end: tests/api/test_event_streams.py has it.
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT).exclude(path="/v1/events/stream")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 7


@pytest.fixture(scope="session")
def live(shared_database_url: str) -> Iterator[Live]:
    """The application on a socket."""
    with live_app(shared_database_url) as running:
        yield running


@pytest.fixture(scope="session")
def known(live: Live) -> dict[str, dict[str, str]]:
    """An operator's headers, and an id that exists for each resource."""

    async def prepare(api: Api) -> dict[str, dict[str, str]]:
        company, operator = await api.caller("company"), await api.caller("operator")
        factory = await verified_factory(company, operator)
        model = await register_model(company)
        ids = {
            "factories": factory["id"],
            "foundation-models": model["id"],
            "organizations": str(company.organization_id),
            "targets": "factories-2030",
            "alerts": str((await add_alert(api.database)).id),
            "progress": "factories-2030",
            **{name.removeprefix("v1/"): each for name, each in (await webhook_ids(company)).items()},
        }
        return {"headers": operator.headers, "ids": ids}

    return live.run(prepare)


@pytest.mark.parametrize("what", ["records that exist", "anything"])
@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_the_document_says(
    case: schemathesis.Case, live: Live, known: dict[str, dict[str, str]], what: str
) -> None:
    if what == "records that exist":
        resource = case.path.split("/")[2] if case.path.startswith("/v1/") else ""
        for name in ("id", "organization_id", "code", "alert_id", "endpoint_id", "delivery_id"):
            if name in case.path_parameters:
                case.path_parameters[name] = known["ids"][resource]
    case.call_and_validate(base_url=live.url, headers=known["headers"], checks=CHECKS)
