"""Foundation models."""

from service.api.routers.records import Resource, router_for
from service.api.schemas.foundation_models import (
    FoundationModelIn,
    FoundationModelOut,
    FoundationModelPatch,
    FoundationModelsOut,
)
from service.core import foundation_models
from service.core.record_lists import FOUNDATION_MODEL_LIST

router = router_for(
    Resource(
        kind=foundation_models.KIND,
        noun="a foundation model",
        nouns="foundation models",
        record_in=FoundationModelIn,
        record_patch=FoundationModelPatch,
        record_out=FoundationModelOut,
        page_out=FoundationModelsOut,
        list_parameters=FOUNDATION_MODEL_LIST,
        create_parameters={},
        create_refusals=(),
    )
)
