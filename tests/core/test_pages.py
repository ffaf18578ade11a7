"""A page of a list."""

from service.core.pages import Page


def test_the_last_page_goes_on_nowhere() -> None:
    assert Page(items=["a"], position=("2026", "a")) != Page(items=["a"], position=None)
