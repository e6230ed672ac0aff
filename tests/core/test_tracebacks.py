"""Frames of libraries are folded, and the user's own last frame is found in whatever a log holds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.core.tracebacks import OwnFrame, folded, own_frame

SITE = "/env/lib/python3.11/site-packages"
PANDAS = f'''\
  File "{SITE}/pandas/core/frame.py", line 4090, in __getitem__
    indexer = self.columns.get_loc(key)
              ~~~~~~~~~~~~~~~~~~~~^^^^^
  File "{SITE}/pandas/core/indexes/base.py", line 3812, in get_loc
    raise KeyError(key) from err'''
PLAIN = f"""\
epoch 1
Traceback (most recent call last):
  File "pipeline.py", line 9, in train
    return features.fitted(rows)
  File "src/features.py", line 41, in fitted
    return rows["price"]
           ~~~~^^^^^^^^^
{PANDAS}
KeyError: 'price'
"""
PLAIN_FOLDED = """\
epoch 1
Traceback (most recent call last):
  File "pipeline.py", line 9, in train
    return features.fitted(rows)
  File "src/features.py", line 41, in fitted
    return rows["price"]
           ~~~~^^^^^^^^^
  [2 frames of pandas]
KeyError: 'price'
"""
FITTED = OwnFrame("src/features.py", 41, "fitted", 'return rows["price"]', "KeyError: 'price'", 2)
CHAINED = f"""\
Traceback (most recent call last):
{PANDAS}
KeyError: 'price'

The above exception was the direct cause of the following exception:

{PLAIN.partition("epoch 1" + chr(10))[2]}"""
CALLBACK = f'''\
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    apply(work)
  File "<frozen importlib._bootstrap>", line 1, in x
  File "/usr/lib/python3.11/json/__init__.py", line 1, in loads
    x
  File "{SITE}/one/a.py", line 1, in a
  File "{SITE}/two/a.py", line 1, in a
  File "{SITE}/three/a.py", line 1, in a
  File "train.py", line 7, in work
    work()
  [Previous line repeated 975 more times]
RecursionError: maximum recursion depth exceeded
'''
CALLBACK_FOLDED = """\
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    apply(work)
  [5 frames of Python, one, two and 1 more]
  File "train.py", line 7, in work
    work()
  [Previous line repeated 975 more times]
RecursionError: maximum recursion depth exceeded
"""
SYNTAX = """\
Traceback (most recent call last):
  File "pipeline.py", line 1, in <module>
    import features
  File "src/features.py", line 2
    def fitted(rows)
                    ^
SyntaxError: expected ':'
"""
OF_A_SCRIPT = f"""\
{PLAIN}Traceback (most recent call last):
  File "gatebot_pipeline.py", line 30, in train
    subprocess.run(command, check=True)
  File "/usr/lib/python3.11/subprocess.py", line 571, in run
    raise CalledProcessError(retcode, process.args,
subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1.
"""
ONLY_LIBRARIES = f"Traceback (most recent call last):\n{PANDAS}\nKeyError: 'price'\n"
NO_TRACEBACK = "Error in fit(x) : object 'x' not found\nExecution halted\n"


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (PLAIN, PLAIN_FOLDED),
        (PLAIN_FOLDED, PLAIN_FOLDED),
        (CALLBACK, CALLBACK_FOLDED),
        (SYNTAX, SYNTAX),
        (ONLY_LIBRARIES, ONLY_LIBRARIES),
        (NO_TRACEBACK, NO_TRACEBACK),
        ("", ""),
    ],
)
def test_frames_of_libraries_are_folded_beside_frames_of_the_user(log: str, told: str) -> None:
    assert "\n".join(folded(log.split("\n"))) == told


@pytest.mark.parametrize(
    ("log", "found"),
    [
        (PLAIN, FITTED),
        (PLAIN_FOLDED, FITTED),
        (CHAINED, FITTED),
        (OF_A_SCRIPT, FITTED),
        (CALLBACK, OwnFrame("train.py", 7, "work", "work()", "RecursionError: maximum recursion depth exceeded", 0)),
        (SYNTAX, OwnFrame("src/features.py", 2, "", "def fitted(rows)", "SyntaxError: expected ':'", 0)),
        (PLAIN.partition("KeyError")[0].rstrip(), replace(FITTED, error="")),
        (ONLY_LIBRARIES, None),
        (NO_TRACEBACK, None),
        ("", None),
    ],
)
def test_the_users_own_last_frame_is_found(log: str, found: OwnFrame | None) -> None:
    assert own_frame(log.split("\n")) == found


KNOWN = [*PLAIN.split("\n"), *CALLBACK.split("\n"), "  [3 frames of x]", "x", ""]
LINES = st.sampled_from(KNOWN) | st.text(max_size=40)


@given(st.lists(LINES, max_size=30))
def test_whatever_a_log_holds_folding_twice_is_folding_once_and_nothing_else_is_lost(lines: list[str]) -> None:
    once = folded(lines)
    assert folded(once) == once
    assert len(once) <= len(lines)
    before, after = own_frame(lines), own_frame(once)
    assert before == after
