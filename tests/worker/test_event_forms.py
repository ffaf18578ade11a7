"""What the worker tells of itself is of the form that is described."""

from service.db.engine import Database
from tests.clients.receivers import answering, http, receiving
from tests.event_forms import checked
from tests.worker.deliveries import delivering, make_endpoint, make_event, publish, until_states

LOCAL = "127.0.0.1"
TOLD = "SELECT body FROM event WHERE type = 'webhook_endpoint.disabled'"


async def test_event_of_a_disabled_endpoint_is_of_the_form_that_is_described(database: Database) -> None:
    async with receiving(answering(http("410 Gone"))) as receiver, delivering(database):
        await make_endpoint(database, receiver.url(LOCAL))
        await publish(database, make_event())
        await until_states(database, pending=2)  # its own event is held for it too
    assert checked(await database.pool.fetchval(TOLD))["data"]["state"] == "disabled"
