"""Factories."""

from service.api.routers.records import Resource, router_for
from service.api.schemas.factories import FactoriesOut, FactoryIn, FactoryOut, FactoryPatch
from service.core import factories
from service.core.errors import LikelyDuplicate
from service.core.parameters import Parameter, true_or_false
from service.core.record_lists import FACTORY_LIST

router = router_for(
    Resource(
        kind=factories.KIND,
        noun="a factory",
        nouns="factories",
        record_in=FactoryIn,
        record_patch=FactoryPatch,
        record_out=FactoryOut,
        page_out=FactoriesOut,
        list_parameters=FACTORY_LIST,
        create_parameters={
            "allow_similar": Parameter(
                true_or_false,
                default=False,
                description="`true`: register it although one very like it is there.",
                values=("true", "false"),
            )
        },
        create_refusals=(LikelyDuplicate,),
    )
)
