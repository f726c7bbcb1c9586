"""Each check fires on what it is for, and not on what looks like it; efforts are decided by rule."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import ReviewError
from rlm_core.review.checks import CHECKS, check_file, untested
from rlm_core.review.effort import decide, decided, effort
from rlm_core.review.reading import parse
from tests.review.making import diff_of, file_of

KEY = "aws = 'AKIA" + "IOSFODNN7ABCDEFG'"
FIRES = {
    "secret": ("a.py", KEY),
    "eval": ("a.py", "value = eval(text)"),
    "unpickle": ("a.py", "data = pickle.loads(text)"),
    "unsafe-yaml": ("a.py", "data = yaml.load(file)"),
    "shell": ("a.py", "subprocess.run(command, shell=True)"),
    "no-verify": ("a.py", "requests.get(url, verify=False)"),
    "weak-hash": ("a.py", "digest = hashlib.md5(password)"),
    "sql": ("a.py", "db.execute(f\"SELECT * FROM users WHERE name = '{name}'\")"),
    "inner-html": ("a.js", "node.innerHTML = name;"),
    "swallowed": ("a.py", "try:\n    f()\nexcept ValueError:\n    pass"),
    "bare-except": ("a.py", "try:\n    f()\nexcept:\n    raise"),
    "mutable-default": ("a.py", "def f(items=[]):\n    return items"),
    "is-literal": ("a.py", "if x is 0:\n    f()"),
    "debug": ("a.js", "console.log(x);"),
    "todo": ("a.py", "# TODO later"),
    "conflict": ("a.py", "<<<<<<< HEAD"),
}
QUIET = {
    "secret": (
        "a.py",
        "password = os.environ['PASSWORD']\nFIELD = 'password'\ntoken = 'changeme-example'\nNAMES = {'Reward tokens': 'reward_tokens'}\n"
        "form(password1_field_name='password1')",
    ),
    "eval": ("a.py", "model.eval()\nvalue = ast.literal_eval(text)\n# eval(text) is unsafe\nsay('never eval(text)')"),
    "unpickle": ("a.py", "data = json.loads(text)\ncopy = pickle.loads(pickle.dumps(data))"),
    "unsafe-yaml": ("a.py", "data = yaml.safe_load(file)\nmore = yaml.load(file, Loader=yaml.SafeLoader)"),
    "shell": ("a.py", "subprocess.run(words)"),
    "no-verify": ("a.py", "requests.get(url, verify=True)"),
    "weak-hash": ("a.py", "etag = hashlib.md5(content).hexdigest()"),
    "sql": ("a.py", 'db.execute("SELECT * FROM users WHERE name = ?", (name,))'),
    "inner-html": ("a.js", "node.textContent = name;\nif (node.innerHTML === '') f();"),
    "swallowed": ("a.py", "try:\n    f()\nexcept ValueError:\n    log()\nclass Empty:\n    pass"),
    "bare-except": ("a.py", "try:\n    f()\nexcept ValueError:\n    raise"),
    "mutable-default": ("a.py", "def f(items=None, n=2, name='a'):\n    x = []"),
    "is-literal": ("a.py", 'if x is None or y is not other:\n    f(\'the sum is 5\')  # or it is 6\n"""where (the sum is 0)"""'),
    "debug": ("a.py", "print(result)\ndebugger = None"),
    "todo": ("a.py", "# TODO #12 later\ntodos = []"),
    "conflict": ("a.md", "Title\n======="),
}


def fired(path: str, added: str) -> set[str]:
    return {f.kind for f in check_file(file_of(path, added))}


def test_every_check_is_tried():
    assert {c.id for c in CHECKS} == FIRES.keys() == QUIET.keys()
    assert all(c.message.endswith(".") and c.suggestion.endswith(".") for c in CHECKS)


@pytest.mark.parametrize("check", FIRES)
def test_a_check_fires_on_an_added_line_and_not_on_one_that_was_there_or_goes(check):
    path, added = FIRES[check]
    assert check in fired(path, added)
    assert check not in {f.kind for f in check_file(file_of(path, "y = 2", removed=added))}
    if "\n" not in added:
        assert check not in {f.kind for f in check_file(file_of(path, "y = 2", before=added))}


@pytest.mark.parametrize("check", QUIET)
def test_a_check_is_quiet_on_what_only_looks_like_it(check):
    assert check not in fired(*QUIET[check])


def test_findings_stand_at_their_lines():
    found = check_file(file_of("a.py", "a = 1\nvalue = eval(text)\nb = 2"))
    assert [(f.line, f.side, f.by) for f in found] == [(3, "RIGHT", ("check eval",))]


def test_secrets_of_tests_are_fixtures_and_those_of_documents_are_not():
    assert "secret" not in fired("tests/test_a.py", KEY)
    assert "secret" in fired("docs/a.md", KEY)
    assert "secret" in fired("a.py", "KEY = 'q7Zr2mXv9LkT4bWn8HsYc3Jd'")


@pytest.mark.parametrize("check", ["unpickle", "unsafe-yaml", "no-verify", "weak-hash", "sql"])
def test_a_test_chooses_its_own_input(check):
    assert check in fired("src/a.py", FIRES[check][1])
    assert check not in fired("tests/test_a.py", FIRES[check][1])


def test_exec_is_python_s_and_a_function_of_their_own_in_scripts():
    assert "eval" in fired("a.py", "exec(text)")
    assert "eval" not in fired("a.js", "match = exec(text)")
    assert "eval" in fired("a.js", "value = eval(text)")
    assert "eval" in fired("a.js", "made = new Function(text)")


@pytest.mark.parametrize("path", ["static/jquery.min.js", "web/vendor/shop.js", "shop.egg-info/a.js"])
def test_what_a_program_wrote_is_looked_into_for_secrets_alone(path):
    assert fired(path, "value = eval(text);\n// TODO later") == set()
    assert "secret" in fired(path, KEY)


def test_a_line_too_long_for_a_person_is_looked_into_for_secrets_alone():
    long = "x = 1; " * 200
    assert fired("a.js", f"{long}value = eval(text); // TODO") == set()
    assert "secret" in fired("a.js", long + KEY)


def test_source_without_a_test_is_said_once_and_not_where_a_test_changed():
    source, test = diff_of("src/a.py", "y = 2"), diff_of("tests/test_a.py", "z = 3")
    assert untested(source).file == "src/a.py"
    assert untested(parse(source.text + test.text)) is None
    assert untested(diff_of("docs/a.md", "words")) is None


@pytest.mark.parametrize(
    ("path", "added", "name", "reason"),
    [
        ("src/login.py", "y = 2", "high", "'login'"),
        ("src/a.py", "y = subprocess.run(z)", "high", "'subprocess'"),
        ("src/a.py", "y = 2", "medium", "without a special rule"),
        ("tests/test_login.py", "y = 2", "medium", "tests"),
        ("README.md", "password", "low", "documentation"),
        ("web/vendor/login.js", "\n".join(map(str, range(250))), "low", "generated, or taken over"),
        ("poetry.lock", "y = 2", "low", "generated, or taken over"),
        ("docs/a.md", "\n".join(map(str, range(250))), "medium", "large change"),
        ("src/a.py", "\n".join(map(str, range(250))), "high", "250 changed lines"),
    ],
)
def test_the_effort_of_a_file_and_the_rule_that_decided(path, added, name, reason):
    found = decide(file_of(path, added))
    assert found.effort == name
    assert reason in found.reason


def test_an_effort_by_hand_and_one_that_is_not_there():
    assert decided(decide(file_of("README.md", "a")), "high").effort == "high"
    with pytest.raises(ReviewError, match="no effort 'most'"):
        effort("most")
