"""Code checks: what can be seen to be wrong with a program before it runs."""

import pytest

from graphs.sandbox.code_checks import code_problem, name_problem


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("x = 1\ndef f():\n    yield x\n", "Line 3: the sandbox does not have generators"),
        ("async def f():\n    async with x: pass", "Line 2: the sandbox does not have 'async with'"),
        ("async def f():\n    return [x async for x in y]", "asynchronous comprehensions"),
        ("del x", "'del'"),
        ("class A(B): pass", "base classes"),
        ("class A(metaclass=B): pass", "base classes"),
        ("import statistics", "the module 'statistics'. There are asyncio, base64"),
        ("from urllib.request import urlopen", "the module 'urllib.request'"),
        ("from math import *", "'import *'"),
        ("from . import x", "modules beside the program"),
        ("return 1", "Line 1: 'return' outside a function"),
        ("if x:\nreturn 1", "Line 2: expected an indented block"),
        ("x = 'a", "Line 1: unterminated string literal"),
        ("", "no statement"),
        ("# nothing", "no statement"),
        ("x\0", "null bytes"),
        ("x" * 50_001, "at most 50,000"),
        ("(" * 40_000, "too many nested parentheses"),
        ("-" * 40_000 + "1", "nested too deeply"),
        ("1+" * 20_000 + "1", "nested too deeply"),
        ("x" + "[0]" * 15_000, "nested too deeply"),
        ("lambda:" * 7_000 + "1", "nested too deeply"),
        ("if a: pass\n" + "elif a: pass\n" * 3_500, "nested too deeply"),
    ],
)
@pytest.mark.threat("R-01")
def test_a_problem_is_told_with_its_line(program: str, said: str) -> None:
    assert said in code_problem(program)


@pytest.mark.parametrize(
    "program",
    [
        "def f():\n    return 1\nf()",
        "import os.path, re\nfrom datetime import date",
        "match 1:\n    case 1: x = 2",
        "await f()",
        "'\\d'",
        "(x for x in y)",
    ],
)
def test_a_program_that_can_run_has_none(program: str) -> None:
    assert code_problem(program) == ""


@pytest.mark.parametrize("name", ["", "1a", "a-b", "class", "__plain__", "a b"])
def test_a_variable_has_a_name_that_programs_can_read(name: str) -> None:
    assert "no name of a variable" in name_problem(name)
