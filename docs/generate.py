"""Writes the pages that are made from the code: `make docs`. So a page cannot say what the code does not do.

python -m docs.generate           write them
python -m docs.generate --check   say which are not current, and write nothing
"""

import io
import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MADE = "<!-- Made by `make docs`: change the code, not this page. -->"
COLUMNS = "100"
UNITS = {86400: "d", 3600: "h", 60: "m", 1: "s"}

CHECKS = f"""\
# Checks

{MADE}

`gatebot checks` lists them, `gatebot checks ID` explains one. A priority is impact x likelihood; what a pull request
touches, and what was found here before, can raise the likelihood. In gatebot.yml `checks: {{<id>: false}}` turns a
check off, `checks: {{<id>: {{…}}}}` sets its options."""

METRICS = f"""\
# Metrics

{MADE}

Declared under `metrics:` in gatebot.yml, by task. Without a declaration a task holds its usual ones. A margin is in the
metric's own units, or a percentage of base's value. Metrics marked with * need probabilities: a column `score_<class>`
for every class."""

OWN_METRICS = """\
## Your own

`{python: metrics.py:cost, direction: lower, margin: 2%}` calls `cost` of base's metrics.py, in the sandbox, with the
parameters that it names."""

CONFIGURATION = f"""\
# Configuration

{MADE}

One file, `gatebot.yml`; paths in it are relative to it. A pull request is judged by the *base* branch's copy of most
keys; what says how a commit is trained is read from that commit, the *head*. A key that is not known is an error that
names the nearest one.

Editors complete and check the file by its [JSON Schema](schema/gatebot.schema.json), if it begins with

```yaml
# yaml-language-server: $schema=<path or address of gatebot.schema.json>
```

Durations are written `30s`, `10m`, `1h`, `30d`; sizes `500MB`, `4GiB`; counts of rows `2000` or `10%`; margins `0.02`
(the metric's own units) or `5%` (of base's value). Where a list of texts is meant, one text will do."""

Schema = Mapping[str, Any]


def pages() -> dict[Path, str]:
    """Every generated file and its text."""
    from gatebot.config.schema import schema
    from gatebot.render.schema import schema as report_schema

    docs = ROOT / "docs"
    return {
        docs / "checks.md": checks(),
        docs / "metrics.md": metrics(),
        docs / "configuration.md": configuration(schema()),
        docs / "cli.md": cli(),
        docs / "schema" / "gatebot.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
        docs / "schema" / "report.schema.json": json.dumps(report_schema(), indent=1, ensure_ascii=False) + "\n",
        ROOT / "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
    }


def checks() -> str:
    """docs/checks.md: every check."""
    from gatebot.checks.registry import all_checks
    from gatebot.cli.checks import facts_of
    from gatebot.core.finding import Area

    facts = [facts_of(check) for check in all_checks().values()]
    parts = [
        CHECKS,
        _table(
            ("check", "priority", "says"),
            [(f"[{each['id']}](#{_anchor(each['id'])})", each["priority"], each["title"]) for each in facts],
        ),
    ]
    for area in Area:
        parts.append(f"## {area}")
        parts += [_check(each) for each in facts if each["area"] == area]
    return "\n\n".join(parts) + "\n"


def _check(facts: Mapping[str, Any]) -> str:
    risk = f"{facts['impact']} impact x {facts['likelihood']} likelihood"
    needs = ", ".join(facts["needs"]) or "nothing but what is always known"
    uses = f" Uses, where it is there: {', '.join(facts['uses'])}." if facts["uses"] else ""
    base = " Compares with base: skipped where there is none." if facts["relative"] else ""
    parts = [
        f"### {facts['id']}",
        f"{facts['title']}. **{facts['priority']}** ({risk}).",
        f"*Why:* {facts['why']}",
        f"*Fix:* {facts['fix']}",
        f"Needs {needs}.{uses}{base}",
    ]
    if facts["options"]:
        rows = [(f"`{each['name']}`", _literal(each["default"]), each["says"]) for each in facts["options"]]
        parts.append(_table(("option", "default", ""), rows))
    return "\n\n".join(parts)


def metrics() -> str:
    """docs/metrics.md: the catalogue."""
    from gatebot.tasks.registry import metric_catalogue

    entries = metric_catalogue()
    parts = [METRICS]
    for task in dict.fromkeys(entry.task for entry in entries):
        rows = [
            (
                f"`{entry.name}`{'*' if entry.needs_scores else ''}",
                {True: "higher", False: "lower", None: "`direction`"}[entry.higher_is_better],
                f"{entry.margin.size * 100:g}%" if entry.margin.relative else f"{entry.margin.size:g}",
                f"`of`: {entry.of}" if entry.of else "",
                "; ".join(f"`{name}`: {says}" for name, says in entry.options.items()),
                entry.says,
            )
            for entry in entries
            if entry.task == task
        ]
        parts += [f"## {task}", _table(("metric", "better", "margin", "", "options", "is"), rows)]
    parts.append(OWN_METRICS)
    return "\n\n".join(parts) + "\n"


def configuration(schema: Schema) -> str:
    """docs/configuration.md: every key."""
    from gatebot.config.load import RESERVED

    reserved = {".".join(map(str, path)) for path, _ in RESERVED}
    keys = list(_keys(schema, schema, ""))
    parts = [CONFIGURATION]
    tops = list(dict.fromkeys(_top(key) for key, *_ in keys))
    deep = [top for top in tops if any(_top(key) == top != key for key, *_ in keys)]
    for heading, wanted in (("top level", [top for top in tops if top not in deep]), *((top, [top]) for top in deep)):
        rows = [_key_row(each, reserved) for each in keys if _top(each[0]) in wanted]
        parts += [f"## {heading}", _table(("key", "type", "default", "read from", ""), rows)]
    return "\n\n".join(parts) + "\n"


def _top(key: str) -> str:
    return key.partition(".")[0].removesuffix("[]")


def _key_row(key: tuple[str, str, str, str, str], reserved: Iterable[str]) -> tuple[str, ...]:
    path, kind, default, side, says = key
    unread = " *Reserved: setting it is an error for now.*" if _is_reserved(path, reserved) else ""
    return f"`{path}`", kind, default, side, f"{says}{unread}"


def _is_reserved(key: str, reserved: Iterable[str]) -> bool:
    return any(key == each or key.startswith((f"{each}.", f"{each}[]")) for each in reserved)


def _keys(schema: Schema, whole: Schema, before: str) -> Iterable[tuple[str, str, str, str, str]]:
    """Path, type, default, side and description of every key below a schema, in its order."""
    for name, value in schema.get("properties", {}).items():
        path = f"{before}{name}"
        inner = _resolved(value, whole)
        required = name in schema.get("required", ())
        default = "required" if required else _default(value, inner)
        side = value.get("x-read-from") or inner.get("x-read-from") or "both"
        yield path, _type(value, whole), default, side, value.get("description") or inner.get("description", "")
        for form, below in _sections(value, whole):
            listed = "[]" if form == "list" else ""
            yield from _keys(below, whole, f"{path}{listed}.")


def _resolved(value: Schema, whole: Schema) -> Schema:
    reference = value.get("$ref") or next((each["$ref"] for each in value.get("allOf", ()) if "$ref" in each), None)
    found: Schema = whole["$defs"][reference.rpartition("/")[2]] if reference else value
    return found


def _sections(value: Schema, whole: Schema) -> Iterable[tuple[str, Schema]]:
    """Mappings with keys of their own that a value may be, and whether they stand in a list."""
    for each in value.get("anyOf", [value]):
        inner = _resolved(each, whole)
        if "properties" in inner:
            yield "one", inner
        elif inner.get("type") == "array":
            items = inner.get("items", {})
            for item in (_resolved(form, whole) for form in items.get("anyOf", [items])):
                if "properties" in item:
                    yield "list", item


def _type(value: Schema, whole: Schema) -> str:
    forms = [_form(_resolved(each, whole), whole) for each in value.get("anyOf", [value])]
    return " or ".join(dict.fromkeys(form for form in forms if form))


def _form(value: Schema, whole: Schema) -> str:  # noqa: PLR0911  # one line for each form
    if "anyOf" in value:
        return _type(value, whole)
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    match value.get("type"):
        case "array":
            return f"list of {_type(value.get('items', {}), whole) or 'values'}"
        case "object":
            return "mapping"
        case "null":
            return ""
        case "string":
            return "date" if value.get("format") == "date" else "text"
        case "integer" | "number" | "boolean" as kind:
            return {"integer": "whole number", "number": "number", "boolean": "true or false"}[kind]
    return "anything"


def _default(value: Schema, inner: Schema) -> str:
    if "properties" in inner:
        return ""
    return _literal(_written(value.get("default")))


def _written(value: object) -> object:
    """Durations (whose defaults are whole floats) and sizes as people write them."""
    if isinstance(value, float) and value.is_integer():
        seconds = int(value)
        size = next(size for size in UNITS if not seconds % size)
        return f"{seconds // size}{UNITS[size]}"
    return f"{value >> 30}GiB" if isinstance(value, int) and value >= 1 << 30 else value


def cli() -> str:
    """docs/cli.md: what --help says."""
    from gatebot.cli.main import COMMANDS, parser_for

    os.environ["COLUMNS"] = COLUMNS
    parts = [f"# Commands\n\n{MADE}", f"```text\n{parser_for(None).format_help().rstrip()}\n```"]
    parts += [f"## gatebot {name}\n\n```text\n{_help(name)}\n```" for name in COMMANDS]
    return "\n\n".join(parts) + "\n"


def _help(name: str) -> str:
    from gatebot.cli.main import main

    out = io.StringIO()
    with redirect_stdout(out):
        main([name, "--help"])
    return out.getvalue().rstrip()


def readme(text: str) -> str:
    """README.md with its generated blocks filled in."""
    for name, block in {"comment": comment, "workflow": workflow, "inputs": inputs}.items():
        start, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if start in text:
            before, _, rest = text.partition(start)
            _, _, after = rest.partition(end)
            text = f"{before}{start}\n{block().strip()}\n{end}{after}"
    return text


def comment() -> str:
    """The comment on the example's harmful pull request, as it is posted but for what is hidden, and quoted."""
    from gatebot.core.report import Report
    from gatebot.render import markdown

    report = Report.model_validate_json((ROOT / "docs" / "example" / "report.json").read_bytes())
    return "\n".join(f"> {line}".rstrip() for line in markdown.section(report).splitlines())


def workflow() -> str:
    """The least workflow: the first of the generated ones without what can be added later."""
    from gatebot.discovery.workflows import Job, workflows

    return f"```yaml\n{workflows(Job('tickets'), forks=False)['gatebot.yml'].rstrip()}\n```"


def inputs() -> str:
    """Inputs and outputs of the action."""
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = [(f"`{name}`", _literal(each["default"]), each["description"]) for name, each in action["inputs"].items()]
    made = [(f"`{name}`", each["description"]) for name, each in action["outputs"].items()]
    return f"{_table(('input', 'default', ''), given)}\n\n{_table(('output', ''), made)}"


def _literal(value: object) -> str:
    """A default as one would write it in YAML; nothing for none."""
    if value is None or value in ("", [], {}, ()):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _table(names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return heading.lower().replace(".", "")


def main(argv: list[str]) -> int:
    """Write, or check, every page."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is not current' if '--check' in argv else 'written'}")
        if "--check" not in argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return int(bool(stale) and "--check" in argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
