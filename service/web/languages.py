"""Which of the two languages a caller reads: Korean unless English is preferred."""

from functools import lru_cache


@lru_cache(maxsize=256)
def preferred_language(accept_language: str | None) -> str:
    """Return `en` if the header (RFC 9110) puts English before Korean, else `ko`."""
    weights = {"ko": 0.0, "en": 0.0}
    anything = 0.0
    for entry in (accept_language or "")[:500].split(","):
        name, _, parameters = entry.partition(";")
        language = name.strip().lower().split("-")[0]
        weight = _weight(parameters)
        if language == "*":
            anything = max(anything, weight)
        elif language in weights:
            weights[language] = max(weights[language], weight)
    return "en" if weights["en"] > max(weights["ko"], anything if weights["ko"] == 0 else 0) else "ko"


def _weight(parameters: str) -> float:
    text = parameters.strip().removeprefix("q=").strip()
    if not text:
        return 1.0
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
