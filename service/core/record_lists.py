"""How the lists of records can be filtered and sorted. Source: PRODUCT.md section 7, "Conventions"."""

from service.core import foundation_models, industries
from service.core.fields import LINE, Rule, day, identifier, one_of
from service.core.lifecycle import Status
from service.core.parameters import PAGE, Parameter, Parameters, instant_in_query, search_words

_STATUSES = tuple(status.value for status in Status)


def _sort(date_field: str) -> Parameter:
    names = ("registered_at", "updated_at", date_field, "name")
    values = (*names, *(f"-{name}" for name in names))
    return Parameter(
        one_of(values), default="-registered_at", description="The order; `-` for descending.", values=values
    )


def _day(words: str) -> Parameter:
    return Parameter(day, description=words, example="2026-01-01")


def _choice(rule: Rule, words: str, values: tuple[str, ...] = ()) -> Parameter:
    return Parameter(rule, description=words, values=values)


_SHARED: Parameters = {
    **PAGE,
    "industry": _choice(industries.resolve, "A KSIC code of two to five digits; all that begin with it."),
    "status": _choice(one_of(_STATUSES), "Where the record stands.", _STATUSES),
    "organization": _choice(identifier, "The id of the organization."),
    "updated_from": Parameter(
        instant_in_query, description="Changed at this instant or later.", example="2026-11-22T09:00:00Z"
    ),
    "q": _choice(search_words, "Part of the name, Korean or English, two characters or more."),
}

FACTORY_LIST: Parameters = {
    **_SHARED,
    "region": _choice(LINE, "A region, in any form that a factory's region takes."),
    "foundation_model": _choice(identifier, "The id of a foundation model that the factory uses."),
    "adopted_from": _day("Adopted on this day or later."),
    "adopted_to": _day("Adopted on this day or earlier."),
    "sort": _sort("adoption_date"),
}

FOUNDATION_MODEL_LIST: Parameters = {
    **_SHARED,
    "kind": _choice(one_of(foundation_models.KINDS), "The kind of model.", foundation_models.KINDS),
    "released_from": _day("Released on this day or later."),
    "released_to": _day("Released on this day or earlier."),
    "sort": _sort("released_on"),
}
