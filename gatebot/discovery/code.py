"""Extracts facts about data and model from Python source: functions, options, paths, columns. Imports no code."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

READERS = frozenset({"read_csv", "read_parquet", "read_table", "read_json", "scan_csv", "scan_parquet", "open"})
WRITERS = frozenset({"to_csv", "to_parquet", "to_json", "write_csv", "write_parquet"})
ANSWERS = frozenset({"y", "Y", "target", "targets", "labels", "label", "y_train", "train_y", "ys", "Y_train"})
QUESTIONS = frozenset({"X", "x", "features", "X_train", "x_train", "texts", "docs", "Xs", "inputs", "corpus"})
TARGET_NAMES = frozenset(
    {"target", "target_col", "target_column", "label_col", "label_column", "label", "y_col", "target_name"}
)
UNGUARDED = (ast.For, ast.While, ast.With)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function. `path` is true if the function reads a file of this name."""

    name: str
    required: bool
    path: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function at the top level of a module. `returns`: the names in its last `return`, or None if it has none."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: tuple[str, ...] | None
    line: int


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command line. `command` is its subcommand; `flag` is empty for positional arguments."""

    name: str
    flag: str
    required: bool
    default: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A column that the code treats as the target, the weight of this evidence, and where it is."""

    column: str
    weight: int
    says: str


@dataclass(slots=True)
class Module:
    """The facts about one source file.

    Attributes:
        reads, writes: data files, if their paths are known; relative to an unknown folder.
        dumps: model files that it writes.
        uses: evidence for the target column.
        features: the features of the model: one column, several, or None if unknown.
        words: all text constants.
        keys: texts in brackets, mostly column names.
        calls: the names of all functions and classes that are called.
        objects: module-level names of models and pipelines, fitted or not.
        guarded: whether an import runs only definitions.
    """

    path: PurePosixPath
    functions: dict[str, Function] = field(default_factory=dict)
    options: list[Option] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    features: str | tuple[str, ...] | None = None
    words: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    objects: list[str] = field(default_factory=list)
    guarded: bool = True
    main: bool = False

    @property
    def fits(self) -> bool:
        """Whether this file trains something."""
        return bool(self.calls & {"fit", "fit_transform", "fit_generator", "lgb.train", "partial_fit"})


def module(path: PurePosixPath, text: str, settings: Mapping[str, Any]) -> Module | None:
    """Read one file; return None if it is not Python.

    Args:
        path: the path of the file.
        text: its content.
        settings: dotted keys of params.yaml and similar files, for constants that the code reads from there.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    reader = _Reader(Module(path), _constants(tree, settings))
    reader.read(tree)
    return reader.found


@dataclass(slots=True)
class _Constants:
    """The names that stand for one text or list of texts in a file, and the settings."""

    names: dict[str, Any]
    settings: Mapping[str, Any]

    def value(self, node: ast.AST | None) -> Any:  # noqa: PLR0911  # one line for each kind of expression
        """Return the text or list of texts that an expression stands for, or None if unknown."""
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.List(elts=items) | ast.Tuple(elts=items):
                values = [self.value(item) for item in items]
                return values if values and all(isinstance(value, str) for value in values) else None
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _joined([self.value(left), self.value(right)])
            case ast.JoinedStr(values=parts):
                pieces = [self.value(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts]
                return "".join(map(str, pieces)) if all(isinstance(piece, str) for piece in pieces) else None
            case ast.Call(func=ast.Name(id="Path" | "str") | ast.Attribute(attr="join" | "Path"), args=args):
                return _joined([self.value(arg) for arg in args])
            case ast.Subscript() | ast.Attribute():
                return self._setting(node)
        return None

    def _setting(self, node: ast.AST) -> Any:
        """Return the value of `params["data"]["path"]` or `cfg.data.path` if exactly one setting has this key."""
        keys: list[str] = []
        while True:
            match node:
                case ast.Subscript(value=inner, slice=ast.Constant(value=str() as key)):
                    keys.insert(0, key)
                    node = inner
                case ast.Attribute(value=inner, attr=key):
                    keys.insert(0, key)
                    node = inner
                case _:
                    break
        ending = ".".join(keys)
        fits = [value for name, value in self.settings.items() if name == ending or name.endswith(f".{ending}")]
        return fits[0] if ending and len(fits) == 1 else None


def _constants(tree: ast.Module, settings: Mapping[str, Any]) -> _Constants:
    known = _Constants({}, settings)
    for node in _in_order(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                found = known.value(value)
                if found is not None:
                    known.names.setdefault(name, found)
            case ast.arguments(args=args, defaults=defaults):
                for each, default in zip(args[len(args) - len(defaults) :], defaults, strict=True):
                    found = known.value(default)
                    if found is not None:
                        known.names.setdefault(each.arg, found)
    return known


@dataclass(slots=True)
class _Reader:
    found: Module
    constants: _Constants
    parsers: dict[str, str] = field(default_factory=dict)  # variable -> subcommand

    def read(self, tree: ast.Module) -> None:
        """Fill `found`."""
        for statement in tree.body:
            self._top(statement)
        for name, value in self.constants.names.items():
            self._named(name, value)
        for node in _in_order(tree):
            self._node(node)
        for key, value in self.constants.settings.items():
            if key.rpartition(".")[2] in TARGET_NAMES and isinstance(value, str):
                self.found.uses.append(Use(value, 10, f"`{key}` in the settings"))

    def _top(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef():
                self.found.functions[node.name] = _function(node)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                self.found.main = True
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if _called(call) in ("Pipeline", "make_pipeline") or _is_estimator(_called(call)):
                    self.found.objects.append(name)
                elif _called(call) in READERS:
                    self.found.guarded = False
            case ast.Expr(value=ast.Call() as call):
                if not (
                    isinstance(call.func, ast.Attribute)
                    and _root(call.func) in ("logging", "warnings", "sys", "np", "random")
                ):
                    self.found.guarded = False
            case _ if isinstance(node, UNGUARDED):
                self.found.guarded = False

    def _named(self, name: str, value: Any) -> None:
        if name.lower() in TARGET_NAMES and isinstance(value, str):
            self.found.uses.append(Use(value, 10, f"`{name}` in {self.found.path}"))

    def _node(self, node: ast.AST) -> None:
        match node:
            case ast.Constant(value=str() as text):
                self.found.words.add(text)
            case ast.Subscript(slice=ast.Constant(value=str() as key)):
                self.found.keys.add(key)
            case ast.Assign(targets=[target], value=value):
                self._assigned(target, value)
            case ast.Call():
                self._call(node)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        names = [
            each.id
            for each in (target.elts if isinstance(target, ast.Tuple) else [target])
            if isinstance(each, ast.Name)
        ]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        if len(names) == len(values):
            for name, each in zip(names, values, strict=True):
                if name in ANSWERS:
                    self._answer(each, f"`{name} = {ast.unparse(each)[:40]}`")
                elif name in QUESTIONS:
                    self._question(each)
        if len(names) == 1 and isinstance(value, ast.Call) and _called(value) == "add_parser":
            command = self.constants.value(value.args[0]) if value.args else None
            self.parsers[names[0]] = command if isinstance(command, str) else ""

    def _answer(self, node: ast.AST, says: str) -> None:
        for inner in _outside_of_keys(node):
            column = None
            match inner:
                case ast.Subscript(slice=key) | ast.Call(func=ast.Attribute(attr="pop"), args=[key]):
                    column = self.constants.value(key)
                case ast.Attribute(value=ast.Name(), attr=attr):
                    column = attr
            if isinstance(column, list) and len(column) == 1:
                column = column[0]
            if isinstance(column, str):
                self.found.uses.append(Use(column, 10, f"{says} in {self.found.path}"))

    def _question(self, node: ast.AST) -> None:
        match node:
            case ast.Subscript(slice=key) if self.found.features is None:
                value = self.constants.value(key)
                if value is not None:
                    self.found.features = tuple(value) if isinstance(value, list) else value

    def _call(self, node: ast.Call) -> None:
        name = _called(node)
        self.found.calls.add(name)
        self.found.calls.add(ast.unparse(node.func)[:60])
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        first = (
            node.args[0]
            if node.args
            else next((given[key] for key in ("path", "filepath_or_buffer") if key in given), None)
        )
        if name in READERS | WRITERS and isinstance(value := self.constants.value(first), str):
            mode = self.constants.value(node.args[1]) if len(node.args) > 1 else self.constants.value(given.get("mode"))
            writes = name in WRITERS or (name == "open" and isinstance(mode, str) and "w" in mode)
            (self.found.writes if writes else self.found.reads).append(value)
        match name:
            case "dump":
                path = self.constants.value(_dumped_to(node))
                if isinstance(path, str):
                    self.found.dumps.append(path)
            case "add_argument" | "option" | "argument":
                self._option(node, given)
            case "drop":
                columns = self.constants.value(given.get("columns", first))
                for column in [columns] if isinstance(columns, str) else columns or ():
                    self.found.uses.append(Use(column, 4, f"dropped in {self.found.path}"))
            case "fit" if len(node.args) == 2:
                self._answer(node.args[1], f"`fit(…, {ast.unparse(node.args[1])[:40]})`")
                self._question(node.args[0])

    def _option(self, node: ast.Call, given: Mapping[str, ast.expr]) -> None:
        words = [word for arg in node.args if isinstance(word := self.constants.value(arg), str)]
        if not words:
            return
        flag = next(
            (word for word in words if word.startswith("--")),
            next((word for word in words if word.startswith("-")), ""),
        )
        required = "default" not in given if not flag else _is_true(given.get("required"))
        if not flag and isinstance(optional := given.get("nargs"), ast.Constant) and optional.value in ("?", "*"):
            required = False
        default = self.constants.value(given.get("default"))
        owner = (
            node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""
        )
        name = (flag or words[0]).lstrip("-").replace("_", "-").lower()
        switch = isinstance(given.get("action"), ast.Constant)
        if not switch:
            text = default if isinstance(default, str) else ""
            self.found.options.append(Option(name, flag, required, text, self.parsers.get(owner, "")))
            if name.replace("-", "_") in TARGET_NAMES and text:
                self.found.uses.append(Use(text, 10, f"default of {flag} in {self.found.path}"))
            elif text and "." in text:
                self.found.reads.append(text)


def _function(node: ast.FunctionDef) -> Function:
    opened = {
        name.id
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and (_called(call) in READERS or "load" in _called(call))
        for name in call.args[:1]
        if isinstance(name, ast.Name)
    }
    args = [*node.args.posonlyargs, *node.args.args]
    needed = len(args) - len(node.args.defaults)
    parameters = [Parameter(each.arg, at < needed, _is_path(each, opened)) for at, each in enumerate(args)]
    parameters += [
        Parameter(each.arg, default is None, _is_path(each, opened))
        for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    ]
    returns = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    return Function(node.name, tuple(parameters), _returned(returns), node.lineno)


def _returned(values: Sequence[ast.expr]) -> tuple[str, ...] | None:
    if not values:
        return None
    items = values[-1].elts if isinstance(values[-1], ast.Tuple) else [values[-1]]
    return tuple(item.id if isinstance(item, ast.Name) else "" for item in items)


def _is_path(argument: ast.arg, opened: set[str]) -> bool:
    annotation = ast.unparse(argument.annotation) if argument.annotation is not None else ""
    return argument.arg in opened or "Path" in annotation or annotation == "str"


def _dumped_to(node: ast.Call) -> ast.AST | None:
    """Return the path in `joblib.dump(model, path)` or `pickle.dump(model, open(path, "wb"))`."""
    if len(node.args) < 2:
        return None
    target = node.args[1]
    return target.args[0] if isinstance(target, ast.Call) and _called(target) == "open" and target.args else target


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_estimator(name: str) -> bool:
    return name.endswith(("Classifier", "Regressor", "Regression", "SVC", "SVR", "NB", "Ridge", "Lasso"))


def _is_true(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _joined(parts: Sequence[Any]) -> str | None:
    """Join the known parts of a path; the parts before them may be unknown (`Path(__file__).parent`)."""
    if not parts or not isinstance(parts[-1], str):
        return None
    return str(PurePosixPath(*[part for part in parts if isinstance(part, str)]))


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes in the order of the file."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _in_order(child)


def _outside_of_keys(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes except those within `[…]`: in `df[params["target"]]`, the column belongs to `df`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Subscript) and child is node.slice):
            yield from _outside_of_keys(child)
