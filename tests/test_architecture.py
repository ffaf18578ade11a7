"""How the code is to be built, held by reading it: what the core may import, file names, codes and words."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

import service
from service.core.errors import Refusal
from service.core.fields import MESSAGES
from service.core.text import Text

SERVICE = Path(service.__file__).parent
SOURCES = sorted(SERVICE.rglob("*.py"))
CORE = sorted((SERVICE / "core").rglob("*.py"))
FILES_THAT_ONLY_GROW = {"service.py", "utils.py", "helpers.py", "models.py"}
INPUT_OUTPUT_CLOCK_AND_CHANCE = {
    "asyncio",
    "http",
    "io",
    "locale",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}
HANGUL = re.compile("[가-힣]")


def name_of(path: Path) -> str:
    return str(path.relative_to(SERVICE.parent))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full name of all that `path` imports, inside functions too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            yield node.module or ""


def refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Yield every refusal that the service knows."""
    for module in CORE:
        import_module(".".join(module.relative_to(SERVICE.parent).with_suffix("").parts))
    for refusal in base.__subclasses__():
        if refusal.__module__.startswith("service."):
            yield refusal
            yield from refusals(refusal)


def places(sentence: str) -> set[str]:
    """Return the places of a sentence; one that holds words, `remedy_ko`, is the same place as `remedy_en`."""
    found = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    return {re.sub(r"_(ko|en)$", "", name) for name in found}


def facts_named(call: ast.Call) -> set[str]:
    return {re.sub(r"_(ko|en)$", "", word.arg) for word in call.keywords if word.arg}


def gives_all_by_name(call: ast.Call) -> bool:
    return all(word.arg for word in call.keywords)


REFUSALS = {refusal.__name__: refusal for refusal in refusals()}
TEXTS: dict[str, Text] = {
    **{f"fields.{code}": text for code, text in MESSAGES.items()},
    **{f"{name}.title": refusal.title for name, refusal in REFUSALS.items()},
    **{f"{name}.words": refusal.words for name, refusal in REFUSALS.items()},
}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    foreign = [
        name
        for name in imports_of(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("service.core")
        and name != "service"
    ]
    assert foreign == []


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_does_no_input_or_output_and_knows_no_clock_or_chance(path: Path) -> None:
    used = {name for name in imports_of(path) if {name, name.partition(".")[0]} & INPUT_OUTPUT_CLOCK_AND_CHANCE}
    assert used == set()


def test_no_file_bears_a_name_under_which_it_would_only_grow() -> None:
    assert [name_of(path) for path in SOURCES if path.name in FILES_THAT_ONLY_GROW] == []


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in REFUSALS.values()]
    assert len(codes) == len(set(codes)) > 10


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refusals_code_is_a_stable_word(refusal: type[Refusal]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", refusal.code)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_sentence_is_there_in_korean_and_in_english(text: Text) -> None:
    assert HANGUL.search(text.ko)
    assert text.en
    assert not HANGUL.search(text.en)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_both_languages_have_the_same_places(text: Text) -> None:
    assert places(text.ko) == places(text.en)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_problems_are_raised_with_a_known_code_and_all_its_facts(path: Path) -> None:
    """A missing fact would be a KeyError where a caller waits for a 422."""
    where_the_code_stands = {"Bad": 0, "problem": 1, "parameter_problem": 1}
    wrong = []
    for call in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)):
        place = where_the_code_stands.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if place is None or len(call.args) <= place or not isinstance(call.args[place], ast.Constant):
            continue
        code = call.args[place].value
        if code not in MESSAGES or (gives_all_by_name(call) and places(MESSAGES[code].en) - facts_named(call)):
            wrong.append((call.lineno, code))
    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_refusals_are_raised_with_all_their_facts(path: Path) -> None:
    """A missing fact would be a KeyError where a caller waits for a 4xx."""
    wrong = []
    for node in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Raise)):
        call = node.exc if isinstance(node.exc, ast.Call) else None
        name = call.func if call else node.exc
        refusal = REFUSALS.get(name.id) if isinstance(name, ast.Name) else None
        if refusal is None or "__init__" in vars(refusal) or (call and not gives_all_by_name(call)):
            continue
        if places(refusal.words.en) - (facts_named(call) if call else set()):
            wrong.append((node.lineno, refusal.__name__))
    assert wrong == []
