"""What no output may hold: keys, secrets, and the private fields of records.

`tests/conftest.py` looks through all that the suite prints and logs, and fails the run on a find.
"""

import re

# The private values that builders put into records; a test that makes up others adds nothing to this watch.
CONTACT_NAME = "홍길동별칭"
CONTACT_EMAIL = "contact.person@example.com"
NOTES = "비공개메모입니다"
ADDRESS = "가상시 비공개로 77"
PRIVATE = {"contact_name": CONTACT_NAME, "contact_email": CONTACT_EMAIL, "notes": NOTES, "address": ADDRESS}

_SECRETS = re.compile(r"axr_[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=]{20,}")


def leaks_in(text: str) -> list[str]:
    """Return the kinds of private things in `text` (not the things themselves)."""
    found = [name for name, value in PRIVATE.items() if value in text]
    return found + (["key or secret"] if _SECRETS.search(text) else [])
