"""Extracts facts about data and model from Python source: functions, options, paths, columns. Imports no code."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from gatebot.discovery.constants import Constants, constants_of, in_order
from gatebot.discovery.derived_target import Derived, derived_from
from gatebot.discovery.positions import Places, places_of
from gatebot.discovery.syntax import (
    called,
    given_values,
    is_estimator,
    is_file,
    is_true,
    outside_of_keys,
    returned,
    root,
    saved_to,
)

READERS = frozenset({"read_csv", "read_parquet", "read_table", "read_json", "scan_csv", "scan_parquet", "open"})
WRITERS = frozenset({"to_csv", "to_parquet", "to_json", "write_csv", "write_parquet"})
ANSWERS = frozenset({"y", "Y", "target", "targets", "labels", "label", "y_train", "train_y", "ys", "Y_train"})
QUESTIONS = frozenset({"X", "x", "features", "X_train", "x_train", "texts", "docs", "Xs", "inputs", "corpus"})
TARGET_NAMES = frozenset(
    {"target", "target_col", "target_column", "label_col", "label_column", "label", "y_col", "target_name"}
)
SAVERS = frozenset({"dump", "save", "save_model", "save_weights", "savez", "savez_compressed"})
FITTERS = frozenset({"fit", "fit_transform", "fit_generator", "lgb.train", "xgb.train", "partial_fit", "backward"})
FITTERS |= {"savez", "savez_compressed", "save_model", "save_weights", "torch.save"}
FITS_ALONE = frozenset({"fit_transform"})
UNGUARDED = (ast.For, ast.While, ast.With)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function. `path` is true if the function reads a file of this name."""

    name: str
    required: bool
    path: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function at the top level of a module.

    Attributes:
        returns: the names in its last `return`, or None if it has none.
        calls: the names of what it calls.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: tuple[str, ...] | None
    line: int
    calls: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Class:
    """A class at the top level of a module, and its methods, without their first parameter."""

    name: str
    methods: Mapping[str, Function]


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
        dumped: the variables that it writes to model files: path -> variable.
        uses: evidence for the target column.
        features: the features of the model: one column, several, or None if unknown.
        answer_place: the position of the target among the columns, where it is given by number.
        feature_places: the positions of the features, where they are given by number.
        features_name: the constant of the module that holds the names of the features; empty if there is none.
        words: all text constants.
        keys: texts in brackets, mostly column names.
        calls: the names of all functions and classes that are called.
        objects: module-level names of models and pipelines, fitted or not.
        fitted: variables that are fitted to features and answers, in order.
        steps: variables that are fitted to all features and transform them before the model, in order.
        partial: columns that are transformed by themselves; None stands for several.
        made: columns that the code adds or changes, with their lines; not those that it fills with answers.
        derived: what the code makes the target of, where that is not a column as it stands.
        guarded: whether an import runs only definitions.
        main: whether it runs something when it is started.
        outside: names that are given a value outside of functions.
    """

    path: PurePosixPath
    functions: dict[str, Function] = field(default_factory=dict)
    options: list[Option] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    features: str | tuple[str, ...] | None = None
    answer_place: int | None = None
    feature_places: Places | None = None
    features_name: str = ""
    words: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    objects: list[str] = field(default_factory=list)
    classes: dict[str, Class] = field(default_factory=dict)
    dumped: dict[str, str] = field(default_factory=dict)
    fitted: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    partial: set[str | None] = field(default_factory=set)
    made: dict[str, int] = field(default_factory=dict)
    derived: list[Derived] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    guarded: bool = True
    main: bool = False

    @property
    def fits(self) -> bool:
        """Whether this file trains something."""
        return bool(self.calls & FITTERS)

    @property
    def importable(self) -> bool:
        """Whether its functions can be imported without running anything else: `train-model.py` is only a script."""
        return self.guarded and self.path.stem.isidentifier()

    @property
    def runs(self) -> bool:
        """Whether it does something when it is started."""
        return self.main or not self.guarded


def module(path: PurePosixPath, text: str, settings: Mapping[str, Any]) -> Module | None:
    """Read one file; return None if it is not Python.

    Args:
        path: the path of the file.
        text: its content.
        settings: dotted keys of params.yaml and similar files, for constants that the code reads from there.
    """
    try:
        tree = ast.parse(text)
        reader = _Reader(Module(path), constants_of(tree, settings, path))
        reader.read(tree)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return reader.found


@dataclass(slots=True)
class _Reader:
    found: Module
    constants: Constants
    parsers: dict[str, str] = field(default_factory=dict)  # variable -> subcommand
    commands: dict[int, str] = field(default_factory=dict)  # decorator -> subcommand

    def read(self, tree: ast.Module) -> None:
        """Fill `found`."""
        for statement in tree.body:
            self._top(statement)
        for name, value in self.constants.names.items():
            self._named(name, value)
        for node in in_order(tree):
            self._node(node)
        for key, value in self.constants.settings.items():
            if key.rpartition(".")[2] in TARGET_NAMES and isinstance(value, str):
                self.found.uses.append(Use(value, 10, f"`{key}` in the settings"))

    def _top(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef():
                self.found.functions[node.name] = _function(node)
            case ast.ClassDef():
                self.found.classes[node.name] = _class(node)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                self.found.main = True
                self.found.outside |= given_values(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if called(call) in ("Pipeline", "make_pipeline") or is_estimator(called(call)):
                    self.found.objects.append(name)
                elif called(call) in READERS:
                    self.found.guarded = False
            case ast.Expr(value=ast.Call() as call):
                if not (
                    isinstance(call.func, ast.Attribute)
                    and call.func.attr not in SAVERS
                    and root(call.func) in ("logging", "warnings", "sys", "np", "random")
                ):
                    self.found.guarded = False
            case _ if isinstance(node, UNGUARDED):
                self.found.guarded = False
        if not isinstance(node, ast.If | ast.FunctionDef | ast.ClassDef):
            self.found.outside |= given_values(node)

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
            case ast.FunctionDef(decorator_list=[_, *_] as decorators):
                self._decorated(node.name, [each for each in decorators if isinstance(each, ast.Call)])

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
        if len(names) == 1 and isinstance(value, ast.Call) and called(value) == "add_parser":
            command = self.constants.value(value.args[0]) if value.args else None
            self.parsers[names[0]] = command if isinstance(command, str) else ""
        if len(names) == 1 and isinstance(value, ast.Call) and called(value) == "fit" and len(value.args) == 2:
            self.found.fitted.append(names[0])
        if isinstance(target, ast.Subscript):
            column = self.constants.value(target.slice)
            if isinstance(column, str) and (found := derived_from(value, column, value.lineno, self.constants)):
                self.found.derived.append(found)
            if isinstance(column, str) and not any(
                isinstance(each, ast.Attribute) and each.attr.startswith("predict") for each in ast.walk(value)
            ):
                self.found.made.setdefault(column, value.lineno)
            if any(isinstance(each, ast.Call) and called(each) in FITS_ALONE for each in ast.walk(value)):
                self.found.partial.add(column if isinstance(column, str) else None)

    def _decorated(self, function: str, decorators: Sequence[ast.Call]) -> None:
        """Tell which command the options of a function belong to, where it is one of several."""
        for each in decorators:
            if called(each) == "command" and isinstance(each.func, ast.Attribute) and root(each.func) != "click":
                said = self.constants.value(each.args[0]) if each.args else None
                command = said if isinstance(said, str) else function.replace("_", "-")
                self.commands.update(dict.fromkeys(map(id, decorators), command))

    def _answer(self, node: ast.expr, says: str) -> None:
        if isinstance(place := places_of(node), int):
            self.found.answer_place = place
        if found := derived_from(node, "", node.lineno, self.constants):
            self.found.derived.append(found)
        for inner in outside_of_keys(node):
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
                for each in self.found.derived:
                    if each.column == column and each.codes:
                        self.found.uses.append(Use(each.source, 10, f"`{each.text[:60]}` in {self.found.path}"))

    def _question(self, node: ast.AST) -> None:
        if not isinstance(places := places_of(node), int | None):
            self.found.feature_places = places
        match node:
            case ast.Attribute(value=inner, attr="values"):
                self._question(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="to_numpy" | "copy" | "astype")):
                self._question(inner)
            case ast.Subscript(slice=key) if self.found.features is None:
                value = self.constants.value(key)
                if value is not None:
                    self.found.features = tuple(value) if isinstance(value, list) else value
                    if isinstance(key, ast.Name) and key.id in self.found.outside:
                        self.found.features_name = key.id
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[inner, *_]):
                if attr in FITS_ALONE and name not in self.found.steps:
                    self.found.steps.append(name)
                self._question(inner)

    def _call(self, node: ast.Call) -> None:
        name = called(node)
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
            case name if name in SAVERS:
                path = next((each for each in map(self.constants.value, saved_to(node)) if is_file(each)), None)
                if path is not None:
                    self.found.dumps.append(path)
                    if name == "dump" and node.args and isinstance(node.args[0], ast.Name):
                        self.found.dumped[path] = node.args[0].id
            case "add_argument" | "option" | "argument":
                self._option(node, given)
            case "drop":
                columns = self.constants.value(given.get("columns", first))
                for column in [columns] if isinstance(columns, str) else columns or ():
                    self.found.uses.append(Use(column, 4, f"dropped in {self.found.path}"))
            case "fit" if len(node.args) >= 2:
                if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                    self.found.fitted.append(node.func.value.id)
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
        required = "default" not in given if not flag else is_true(given.get("required"))
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
            command = self.commands.get(id(node), self.parsers.get(owner, ""))
            self.found.options.append(Option(name, flag, required, text, command))
            if name.replace("-", "_") in TARGET_NAMES and text:
                self.found.uses.append(Use(text, 10, f"default of {flag} in {self.found.path}"))
            elif text and "." in text:
                self.found.reads.append(text)


def _function(node: ast.FunctionDef) -> Function:
    opened = {
        name.id
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and (called(call) in READERS or "load" in called(call))
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
    calls = frozenset(called(each) for each in ast.walk(node) if isinstance(each, ast.Call))
    return Function(node.name, tuple(parameters), returned(returns), node.lineno, calls)


def _class(node: ast.ClassDef) -> Class:
    """Return the methods, without `self`."""
    methods = {each.name: _function(each) for each in node.body if isinstance(each, ast.FunctionDef)}
    return Class(node.name, {name: replace(each, parameters=each.parameters[1:]) for name, each in methods.items()})


def _is_path(argument: ast.arg, opened: set[str]) -> bool:
    annotation = ast.unparse(argument.annotation) if argument.annotation is not None else ""
    return argument.arg in opened or "Path" in annotation or annotation == "str"
