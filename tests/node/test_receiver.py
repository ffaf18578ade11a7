"""The reference library for Node, unmodified, takes what is sent: the example receiver verifies with it."""

from pathlib import Path

import pytest

from tests.receivers import EXAMPLES, assert_receives_as_the_guide_says, receiving

MODULES = Path(__file__).parent / "node_modules"

pytestmark = pytest.mark.node


def test_node_receiver_verifies_drops_repeats_and_keeps_the_order() -> None:
    assert (MODULES / "standardwebhooks").is_dir(), "run `npm ci` in tests/node"
    with receiving("node", EXAMPLES / "receiver.js", PORT="0", NODE_PATH=str(MODULES)) as receiver:
        assert_receives_as_the_guide_says(receiver)
