"""The transformation of syntax trees behind `migrate`. Needs libcst."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst
from libcst import metadata

__all__ = ["rewrite"]

_OLD = "tensorflow"
_NEW = "tensorflow.compat.v1"
# Short names for what is taken from our legacy room; the rest is imported as it is called.
_SHORT = {
    "tf_slim.legacy.tensorflow1.layers": "tf_layers",
    "tf_slim.legacy.tensorflow1.rnn_cell": "rnn_cell",
}

# What a module, too, calls when it is imported, of TensorFlow 1.
_OF_MODULES = re.compile(
    r"(compat\.v1\.)?((app\.)?flags\.|logging\.)|.*_(initializer|regularizer)$"
)

HomeOf = Callable[[str], tuple[str, str] | None]


def rewrite(
    module: cst.Module,
    home_of: HomeOf,
    import_home: HomeOf,
    numpy_today: Callable[[str], str | None],
) -> tuple[str, list[str]]:
    """Rewrites a module.

    Args:
      module: the tree.
      home_of: see `homes.home_of`.
      import_home: see `homes.import_home`.
      numpy_today: see `numpy1.today`.

    Returns:
      (the new source, what was left: "line: name").
    """
    wrapper = metadata.MetadataWrapper(module)
    names = _Names()
    wrapper.module.visit(names)
    transformer = _Rewriter(names, home_of, import_home, numpy_today)
    after = wrapper.visit(transformer)
    statements = [cst.parse_statement(line) for line in transformer.new_imports()]
    if names.is_main and names.tensorflow and not names.disables_v2:
        alias = sorted(names.tensorflow)[0]
        statements.append(cst.parse_statement(f"{alias}.disable_v2_behavior()"))
    if statements:
        body = list(after.body)
        place = _after_imports(body)
        body[place:place] = statements
        after = after.with_changes(body=body)
    return after.code, transformer.left


def dotted(node: cst.BaseExpression | None) -> str | None:
    """`a.b.c` as text; None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        outer = dotted(node.value)
        return f"{outer}.{node.attr.value}" if outer else None
    return None


def _expression(text: str) -> cst.Attribute | cst.Name:
    parsed = cst.parse_expression(text)
    if not isinstance(parsed, (cst.Attribute, cst.Name)):
        raise TypeError(f"{text!r} is no dotted name.")
    return parsed


def _after_imports(body: list) -> int:
    """Behind the last import at the top level that stands before any other code."""
    place = 0
    for index, statement in enumerate(body):
        small = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
        if any(isinstance(part, (cst.Import, cst.ImportFrom)) for part in small):
            place = index + 1
        elif (
            not all(
                isinstance(part, cst.Expr) and isinstance(part.value, cst.SimpleString)
                for part in small
            )
            or not small
        ):
            break
    return place


class _Names(cst.CSTVisitor):
    """The names under which a module knows TensorFlow and NumPy, and what kind of module it is."""

    def __init__(self) -> None:
        super().__init__()
        self.tensorflow: set[str] = set()
        self.numpy: set[str] = set()
        self.slim: str | None = None
        self.is_main = False
        self.disables_v2 = False

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            known_as = alias.evaluated_alias or name
            if name in (_OLD, _NEW) and known_as and "." not in known_as:
                self.tensorflow.add(known_as)
            elif name and name.startswith(f"{_OLD}.") and not alias.asname:
                # `import tensorflow.contrib.slim` is used as `tensorflow.contrib.slim.conv2d`.
                self.tensorflow.add(_OLD)
            elif name == "numpy" and known_as:
                self.numpy.add(known_as)
            elif name in ("tf_slim", "tensorflow.contrib.slim") and alias.asname:
                self.slim = self.slim or known_as

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if dotted(node.module) == "tensorflow.contrib" and not isinstance(
            node.names, cst.ImportStar
        ):
            for alias in node.names:
                if alias.name.value == "slim":
                    self.slim = self.slim or alias.evaluated_alias or "slim"

    def visit_If(self, node: cst.If) -> None:
        code = cst.Module([]).code_for_node(node.test)
        if "__name__" in code and "__main__" in code:
            self.is_main = True

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if node.attr.value in ("disable_v2_behavior", "disable_eager_execution"):
            self.disables_v2 = True

    def leave_Module(self, original_node: cst.Module) -> None:
        self.is_main = self.is_main or any(map(self._runs, original_node.body))

    def _runs(self, statement: cst.CSTNode) -> bool:
        """Whether a statement of the top level is one of a script, which has no `__main__`."""
        if isinstance(statement, (cst.With, cst.For, cst.While)):
            return True
        if not isinstance(statement, cst.SimpleStatementLine):
            return False
        return any(
            self._is_of_script(part.value.func)
            for part in statement.body
            if isinstance(part, (cst.Expr, cst.Assign)) and isinstance(part.value, cst.Call)
        )

    def _is_of_script(self, function: cst.BaseExpression) -> bool:
        name = dotted(function) or ""
        root, _, rest = name.partition(".")
        if root == "main":
            return True
        return root in {*self.tensorflow, self.slim} and not _OF_MODULES.match(rest)


class _Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (metadata.PositionProvider, metadata.ParentNodeProvider)

    def __init__(self, names: _Names, home_of: HomeOf, import_home: HomeOf, numpy_today):
        super().__init__()
        self._names = names
        self._home_of = home_of
        self._import_home = import_home
        self._numpy_today = numpy_today
        self._imports: dict[str, str] = {}
        self.left: list[str] = []

    def new_imports(self) -> list[str]:
        """The import statements that the rewritten names need."""
        lines = []
        for module, name in sorted(self._imports.items()):
            if module == name:
                lines.append(f"import {module}")
            else:
                package, _, last = module.rpartition(".")
                lines.append(
                    f"from {package} import {last}" + ("" if last == name else f" as {name}")
                )
        return lines

    # ------------------------------------------------------------------ imports

    def leave_Import(self, original_node, updated_node):
        aliases = []
        for alias in updated_node.names:
            name = dotted(alias.name) or ""
            new = self._module_now(name, original_node)
            if name == _OLD:
                as_name = alias.asname or cst.AsName(cst.Name(_OLD))
                alias = alias.with_changes(name=_expression(_NEW), asname=as_name)
            elif new is not None:
                asname = alias.asname
                if asname is not None and dotted(asname.name) == new:
                    asname = None
                alias = alias.with_changes(name=_expression(new), asname=asname)
            aliases.append(alias)
        return updated_node.with_changes(names=aliases)

    def leave_ImportFrom(self, original_node, updated_node):
        module = dotted(updated_node.module)
        if module is None or updated_node.relative:
            return updated_node
        if module == "numpy":
            return self._from_numpy(original_node, updated_node)
        if not f"{module}.".startswith(f"{_OLD}.") or f"{module}.".startswith(f"{_OLD}.compat."):
            return updated_node
        if isinstance(updated_node.names, cst.ImportStar):
            return self._star(original_node, updated_node, module)
        kept, mended, homes = [], [], []
        for alias in updated_node.names:
            old = f"{module}.{alias.name.value}".removeprefix(f"{_OLD}.")
            found = self._import_home(old)
            if found is None:
                self._leave(original_node, f"{module}.{alias.name.value}")
                kept.append(alias)
            else:
                mended.append(alias)
                homes.append(found)
        if not kept:
            return self._from_homes(updated_node, mended, homes)
        if not mended:
            return updated_node
        # What can be mended is; the rest is imported as before, and noted.
        places = [(module, name) if name else _split(module) for module, name in homes]
        first = _one_each(mended, places)
        rest = updated_node.with_changes(names=_comma_free(kept))
        return cst.FlattenSentinel([*first, rest])

    def _star(self, original_node, updated_node, module: str):
        path = module.removeprefix(_OLD).removeprefix(".")
        found = self._import_home(path) if path else (_NEW, "")
        if found is None or (path.startswith("contrib") and found != ("tf_slim", "")):
            self._leave(original_node, f"from {module} import *")
            return updated_node
        home = ".".join(filter(None, found))
        return updated_node.with_changes(module=_expression(home))

    def _from_numpy(self, original_node, updated_node):
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        aliases = []
        for alias in updated_node.names:
            now = self._numpy_today(alias.name.value)
            if now is not None and now.startswith("np.") and now.count(".") == 1:
                alias = _renamed(alias, now.removeprefix("np."))
            elif now is not None:
                self._leave(original_node, f"numpy.{alias.name.value}")
            aliases.append(alias)
        return updated_node.with_changes(names=aliases)

    def _from_homes(self, node: cst.ImportFrom, names: Sequence[cst.ImportAlias], homes):
        """One `from` import if all names have one home; otherwise one statement for each."""
        places = [(module, name) if name else _split(module) for module, name in homes]
        if len({package for package, _ in places}) == 1 and places[0][0]:
            aliases = [
                _renamed(alias, name) for alias, (_, name) in zip(names, places, strict=True)
            ]
            return node.with_changes(module=_expression(places[0][0]), names=aliases)
        statements = _one_each(names, places)
        statements[-1] = statements[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return cst.FlattenSentinel(statements)

    def _module_now(self, name: str, node) -> str | None:
        """The module that is to be imported for `name`; None if it stays, or is noted."""
        if not name.startswith(f"{_OLD}.") or name.startswith(f"{_OLD}.compat."):
            return None
        found = self._import_home(name.removeprefix(f"{_OLD}."))
        is_contrib = name.startswith(f"{_OLD}.contrib")
        if found is None or (is_contrib and found[1]):
            self._leave(node, name)
            return None
        new = ".".join(filter(None, found))
        return None if new == name else new

    # ------------------------------------------------------------------ uses

    def leave_Call(self, original_node, updated_node):
        # Arrays of NumPy and of Python, and PIL's images: all that had the one have the other.
        function = updated_node.func
        if isinstance(function, cst.Attribute) and not updated_node.args:
            if function.attr.value == "tostring":
                function = function.with_changes(attr=cst.Name("tobytes"))
                return updated_node.with_changes(func=function)
        return updated_node

    def leave_Attribute(self, original_node, updated_node):
        if isinstance(self.get_metadata(metadata.ParentNodeProvider, original_node), cst.Attribute):
            return updated_node
        if self._is_within_import(original_node):
            return updated_node
        full_name = dotted(original_node)
        if full_name is not None:
            return self._use(original_node, full_name) or updated_node
        return updated_node

    def _is_within_import(self, node) -> bool:
        while node is not None and not isinstance(node, cst.Module):
            if isinstance(node, (cst.Import, cst.ImportFrom)):
                return True
            node = self.get_metadata(metadata.ParentNodeProvider, node, None)
        return False

    def _use(self, node, full_name: str):
        root, _, rest = full_name.partition(".")
        if root in self._names.numpy:
            return self._numpy_use(node, root, rest)
        if root not in self._names.tensorflow:
            return None
        parts = rest.split(".")
        for length in range(len(parts), 0, -1):
            found = self._home_of(".".join(parts[:length]))
            if found is not None:
                module, name = found
                pieces = [self._known_as(module), name, *parts[length:]]
                return _expression(".".join(filter(None, pieces)))
        if self._import_home(parts[0]) is None:
            self._leave(node, f"tf.{rest}")
        return None

    def _numpy_use(self, node, root: str, rest: str):
        now = self._numpy_today(rest.partition(".")[0])
        if now is None or "." in rest:
            return None
        if "(" in now:
            self._leave(node, f"np.{rest}")
            return None
        return _expression(now.replace("np.", f"{root}."))

    def _known_as(self, module: str) -> str:
        """What to write for a module; its import is taken note of."""
        if module in _SHORT or module.startswith("tf_slim.legacy"):
            name = _SHORT.get(module, module.rpartition(".")[2])
            return self._imports.setdefault(module, name)
        # Namespaces of Slim are loaded when they are used: one import serves all.
        slim = self._names.slim or self._imports.setdefault("tf_slim", "tf_slim")
        return slim + module.removeprefix("tf_slim")

    def _leave(self, node, name: str) -> None:
        position: Any = self.get_metadata(metadata.PositionProvider, node)
        self.left.append(f"{position.start.line}: {name.replace(_OLD, 'tf', 1)}")


def _split(module: str) -> tuple[str, str]:
    package, _, last = module.rpartition(".")
    return package, last


def _one_each(names: Sequence[cst.ImportAlias], places: Sequence[tuple[str, str]]):
    """An import statement for each name, to be followed by another statement."""
    statements = []
    semicolon = cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" "))
    for alias, (package, name) in zip(names, places, strict=True):
        alias = _renamed(alias, name).with_changes(comma=cst.MaybeSentinel.DEFAULT)
        if package:
            made = cst.ImportFrom(_expression(package), [alias], semicolon=semicolon)
        else:
            made = cst.Import([alias], semicolon=semicolon)
        statements.append(made)
    return statements


def _comma_free(names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return [
        *names[:-1],
        names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT),
    ]


def _renamed(alias: cst.ImportAlias, name: str) -> cst.ImportAlias:
    """Imports `name` as what the alias was known as."""
    known_as = alias.evaluated_alias or alias.evaluated_name
    asname = None if known_as == name else cst.AsName(cst.Name(known_as))
    return alias.with_changes(name=cst.Name(name), asname=asname)
