"""A fetch that fails prints its secret, and user code prints what base gave it, in every spelling."""

from collections.abc import Mapping

from tests.attacks.attack import CONFINED, Attack, Files
from tests.attacks.bait import Bait

SPELL = r"""
import base64, json, os, shlex, urllib.parse

secret = os.environ.get("NAME", "none")
raw = secret.encode()
print(secret)
print("key=" + secret + ";")
for offset in range(3):
    print(base64.b64encode(b"x" * offset + raw + b"tail").decode())
    print(base64.urlsafe_b64encode(b"x" * offset + raw).decode())
print(urllib.parse.quote(secret, safe=""))
print("".join("%%%02X" % byte for byte in raw))
print(raw.hex())
print(raw.hex().upper())
print(" ".join("%02x" % byte for byte in raw))
print(secret[::-1])
print(json.dumps(secret), shlex.quote(secret))
print("".join("\\u%04x" % byte for byte in raw))
print("".join("\\x%02x" % byte for byte in raw))
print("".join("\\%03o" % byte for byte in raw))
print("\n".join(secret[at : at + 8] for at in range(0, len(secret), 8)))
print("-".join(secret))
print(" ".join(secret))
raise SystemExit("spelled")
"""
FETCH: dict[str, object] = {"data": {"fetch": {"run": "python3 fetch.py", "secrets": ["DATA_KEY"], "network": True}}}
PASSED: dict[str, object] = {"smoke": {"env": {"pass": ["DEPLOY_KEY"]}}}


def _failing(_bait: Bait) -> Files:
    return {"fetch.py": SPELL.replace("NAME", "DATA_KEY")}


def _printing(_bait: Bait) -> Mapping[str, str]:
    body = SPELL.replace("NAME", "DEPLOY_KEY").replace("\n", "\n    ")
    return {"pipeline.py": f"def train(rows, seed):{body}\n\n\ndef predict(model, rows):\n    return []\n"}


ATTACKS = (
    Attack(name="a fetch that prints its secret", main=_failing, settings=FETCH, carrier="harmless", levels=CONFINED),
    Attack(name="user code that prints what it was given", change=_printing, settings=PASSED),
)
