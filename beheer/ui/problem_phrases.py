"""What the code says of wrong input, found where it stands, so that every sentence of it is told in Dutch too.

Rules and `lib` know no Django: they write plain English into `Problem`, `NotAllowed` and the like. This reads their
source, and gives each sentence with its places to fill in named: `f"There is no team '{key}'."` is
`There is no team '%(key)s'.`. A sentence may be written in a variable, in a constant, or handed to a function that
writes it into a Problem; `Source.unread` tells where none of these shows what is said.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

# Whose arguments are sentences: the positions and the names of those arguments.
SAYING: dict[str, tuple[tuple[int, str], ...]] = {
    "Problem": ((0, "message"), (2, "remedy")),
    "Flaw": ((1, "message"), (2, "remedy")),
    "Finding": ((2, "message"), (3, "remedy")),
    **dict.fromkeys(("InputError", "DocumentError", "NotAllowed", "NotFound", "Conflict"), ((0, ""),)),
    "_Wrong": ((0, "message"), (1, "remedy")),  # of conditions of checks
    "ValueError": ((0, ""),),  # of models that are read from files and forms
}
MODELS = ("patterns.py", "json_path.py", "network.py")  # what models ask, beside the files that hold them
TRANSLATING = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "ngettext_lazy", "pgettext_lazy"}
FORWARDED = {"message", "remedy", "problems", "msg"}  # of a problem that was found before

# Where commands, agents, programs of others and the API alone speak: they speak English.
NOT_ON_PAGES = (
    "*/*commands.py",
    "*/*_command.py",
    "*/statistics/command.py",
    "*/*api.py",
    "*/alert_wire.py",
    "*/spool.py",
    "*/formats/exposition.py",
    "service_levels/judging/*",
    "work/event_log/*",
    "work/importing.py",
    "profile/schema.py",
    "measurements/*",
    "algorithms/*",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = tuple["Module", "Function | None"]


class Module:
    """One file: its functions by name, and what is assigned in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text("utf-8"))
        nodes = list(ast.walk(self.tree))
        self.functions = [node for node in nodes if isinstance(node, Function)]
        self.classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
        self.imported = {
            alias.asname or alias.name: node.module
            for node in nodes
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self.constants = dict(_assigned(self.tree.body))
        self.has_models = path.name in MODELS or any(
            isinstance(node, ast.ImportFrom | ast.Import) and "pydantic" in ast.unparse(node)
            for node in nodes
        )

    def calls(self) -> Iterator[tuple[ast.Call, Function | None]]:
        """Every call, with the innermost function it stands in."""
        yield from _calls(self.tree, None)


class Source:
    """The code of the whole product, asked for what it says of wrong input."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.modules = [
            Module(path)
            for path in sorted(root.rglob("*.py"))
            if not {"tests", "migrations"} & set(path.relative_to(root).parts)
        ]
        self.unread: set[str] = set()
        self._passing: dict[tuple[Path, str], set[tuple[int, str]]] = {}

    def said_in(self, room: Path) -> set[str]:
        """The sentences of a room that pages may show."""
        return {
            wording
            for path, wordings in self._said.items()
            if path.is_relative_to(room) and self._is_on_pages(path)
            for wording in wordings
        }

    def _is_on_pages(self, path: Path) -> bool:
        inside = path.relative_to(self._root).as_posix()
        return not any(fnmatch(inside, one) for one in NOT_ON_PAGES)

    @cached_property
    def _said(self) -> dict[Path, set[str]]:
        """What each file says. Read again as long as functions are found that pass on what they are given."""
        found: dict[Path, set[str]] = {}
        known = -1
        while known != (known := sum(map(len, self._passing.values()))):
            self.unread.clear()
            for module in self.modules:
                found[module.path] = set(self._of(module))
        return found

    def _of(self, module: Module) -> Iterator[str]:
        for call, function in module.calls():
            name = _name(call.func)
            for position, keyword in self._places(module, name, isinstance(call.func, ast.Attribute)):
                if (given := _argument(call, position, keyword)) is not None:
                    for text in self._texts(given, (module, function), ()):
                        if re.search("[A-Za-z]{2}", re.sub(r"%\(\w+\)s", "", text)):
                            yield f"{text.rstrip('.')}." if name == "ValueError" else text

    def _places(self, module: Module, name: str, is_method: bool) -> Iterable[tuple[int, str]]:
        if name == "ValueError" and not module.has_models:
            return ()
        if name in SAYING and (name != "Conflict" or name not in module.classes):  # plans conflict too
            return SAYING[name]
        return {
            place
            for (path, passing), places in self._passing.items()
            if passing == name
            and (path == module.path or is_method or module.imported.get(name) in names_of(path))
            for place in places
        }

    def _texts(self, node: ast.expr, scope: Scope, seen: tuple[ast.AST, ...]) -> list[str]:
        """What an expression can say; its places to fill in as `%(name)s`. Empty: nothing that is English here."""
        if node in seen or len(seen) > 12:
            return []
        seen = (*seen, node)
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=parts):
                options = [self._part(part, scope, seen) for part in parts]
                return [_numbered(one) for one in itertools.product(*options)]
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                both = self._texts(left, scope, seen), self._texts(right, scope, seen)
                return ["".join(one) for one in itertools.product(*both)]
            case ast.Name(id=name):
                return self._of_name(name, node, scope, seen)
            case ast.Call():
                return self._of_call(node, scope, seen)
            case ast.Attribute(attr=name) if name in FORWARDED:
                return []
            case ast.Constant() | ast.ListComp() | ast.GeneratorExp():
                return []
        if (choices := _choices(node)) is not None:
            return [text for choice in choices for text in self._texts(choice, scope, seen)]
        return self._lost(node, scope)

    def _part(self, part: ast.expr, scope: Scope, seen: tuple[ast.AST, ...]) -> list[str]:
        """What a part of an f-string can be: words of its own, or a place to fill in."""
        if isinstance(part, ast.Constant):
            return [str(part.value).replace("%", "%%")]
        assert isinstance(part, ast.FormattedValue)
        value = part.value
        if _is_written_out(value) or (
            isinstance(value, ast.Name)
            and (held := _values(value.id, scope))
            and all(map(_is_written_out, held))
        ):
            return self._texts(value, scope, seen)
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id not in TRANSLATING
        ):
            unread, passing = set(self.unread), deepcopy(self._passing)
            texts = self._of_call(value, scope, seen)
            if any(text.endswith(" ") for text in texts):
                return texts
            self.unread, self._passing = unread, passing  # what is filled in is no sentence
        return [f"%({_word(value)})s"]

    def _of_name(self, name: str, node: ast.expr, scope: Scope, seen: tuple[ast.AST, ...]) -> list[str]:
        module, function = scope
        if values := _values(name, scope):
            return [text for value in values for text in self._texts(value, scope, seen)]
        if function is not None and (place := _parameter(function, name)) is not None:
            if function.name == "__init__":
                return self._lost(node, scope)
            self._passing.setdefault((module.path, function.name), set()).add((place, name))
            default = _default(function, name)
            return self._texts(default, scope, seen) if default is not None else []
        for other in self.modules:
            if name in other.constants:
                return self._texts(other.constants[name], (other, None), seen)
        return self._lost(node, scope)

    def _of_call(self, node: ast.Call, scope: Scope, seen: tuple[ast.AST, ...]) -> list[str]:
        name = _name(node.func)
        if name in TRANSLATING or name in SAYING:
            return []
        if name == "str":
            return self._texts(node.args[0], scope, seen)
        if name == "fromkeys":
            return self._texts(node.args[1], scope, seen)
        if name in {"get", "strip", "rstrip", "replace", "removeprefix"} and isinstance(
            node.func, ast.Attribute
        ):
            return self._texts(node.func.value, scope, seen)
        module = scope[0]
        for other in sorted(self.modules, key=lambda one: one is not module):
            for function in other.functions:
                if function.name == name:
                    return [
                        text
                        for given in _returned(function)
                        for text in self._texts(given, (other, function), seen)
                    ]
        return self._lost(node, scope)

    def _lost(self, node: ast.expr, scope: Scope) -> list[str]:
        path = scope[0].path
        if self._is_on_pages(path):
            self.unread.add(f"{path.relative_to(self._root).as_posix()}: {ast.unparse(node)}")
        return []


def names_of(path: Path) -> set[str]:
    """How other files may name this one where they import from it: itself, or a package above that hands it on."""
    whole = path.with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    parts = whole[whole.rfind("beheer.") :].split(".")
    return {".".join(parts[:end]) for end in range(len(parts) - 1, len(parts) + 1)}


def _calls(node: ast.AST, function: Function | None) -> Iterator[tuple[ast.Call, Function | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, function
        yield from _calls(child, child if isinstance(child, Function) else function)


def _choices(node: ast.expr) -> list[ast.expr] | None:
    """The expressions of which one is what this one gives. None: it is not of that kind."""
    match node:
        case ast.IfExp(body=first, orelse=second):
            return [first, second]
        case ast.BoolOp(values=values) | ast.Dict(values=values):
            return values
        case ast.Tuple(elts=values) | ast.List(elts=values):
            return values
        case ast.Subscript(value=ast.Name() as held):
            return [held]
        case ast.BinOp(left=left, op=ast.Mod()):
            return [left]
    return None


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    named = next((one.value for one in call.keywords if one.arg == keyword), None)
    if named is not None or any(isinstance(one, ast.Starred) for one in call.args[: position + 1]):
        return named
    return call.args[position] if position < len(call.args) else None


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Names with what is assigned to them, also by unpacking a tuple that is written out, and by loops over such."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _paired(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _paired(target, value)
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                yield from _paired(target, value)
            case ast.For(target=target, iter=ast.Tuple(elts=rows) | ast.List(elts=rows)):
                for row in rows:
                    yield from _paired(target, row)


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _paired(one, other)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.BoolOp):
        for choice in value.values:
            yield from _paired(target, choice)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Call):
        for one in target.elts:
            yield from _paired(one, value)


def _values(name: str, scope: Scope) -> list[ast.expr]:
    """What a name can hold: what its function assigns to it, else what its file does."""
    module, function = scope
    if function is not None:
        inside = [value for held, value in _assigned(ast.walk(function)) if held == name]
        if inside or _parameter(function, name) is not None:
            return inside
    return [module.constants[name]] if name in module.constants else []


def _parameter(function: Function, name: str) -> int | None:
    """The position of a parameter as callers count: without `self`. None: it is none."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    if name in names:
        return names.index(name)
    return 99 if name in {one.arg for one in function.args.kwonlyargs} else None


def _default(function: Function, name: str) -> ast.expr | None:
    named = [one.arg for one in function.args.args]
    given = dict(zip(reversed(named), reversed(function.args.defaults), strict=False))
    given |= {
        one.arg: value
        for one, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if value is not None
    }
    return given.get(name)


def _returned(function: Function) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield node.value


def _is_written_out(node: ast.expr) -> bool:
    """Whether an expression is words that stand here, one way or the other."""
    if isinstance(node, ast.IfExp):
        return _is_written_out(node.body) and _is_written_out(node.orelse)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _word(node: ast.expr) -> str:
    """A name for a place to fill in, after what is filled in."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            return _word(inner) if name in {"en", "name", "key"} else name
        case ast.Subscript(value=inner):
            return _word(inner)
        case ast.Call(args=[first, *_]) if _name(node.func) in {
            "join",
            "str",
            "sorted",
            "len",
            "repr",
            "dumps",
        }:
            return _word(first)
        case ast.Call(func=ast.Attribute(value=inner)):
            return _word(inner)
        case ast.Call(func=ast.Name(id=name)):
            return name.strip("_") or "value"
    return "value"


def _numbered(parts: Iterable[str]) -> str:
    """The parts as one text, in which no two places have one name. A `%` of its own is double only beside places."""
    text, held = "", set()
    for part in parts:
        found = re.fullmatch(r"%\((\w+)\)s", part)
        if found is not None:
            name, number = found[1].strip("_"), 2
            while name in held:
                name, number = f"{found[1]}{number}", number + 1
            held.add(name)
            part = f"%({name})s"
        text += part
    return text if held else text.replace("%%", "%")
