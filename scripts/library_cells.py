"""Hold the functions that a chapter shows against the library's own.

A code cell tagged `library` names a module in its metadata under "library" and holds
nothing but functions of that module. Chapter and library agree if their syntax trees
do, once what the library adds for its callers is taken away: docstrings, annotations
and the validation of arguments at the start of a function.
"""

import ast
from pathlib import Path

from nbformat import NotebookNode

from scripts.notebooks import ROOT, code_cells, tags

LIBRARY = ROOT / "lib"

# The functions of unrolled.validation that return a checked argument.
VALIDATORS = {"finite_array", "number", "count"}


def problems(notebook: NotebookNode, library: Path = LIBRARY) -> list[str]:
    """Say where the `library` cells of a notebook differ from the library.

    Args:
        notebook: A chapter.
        library: The folder that holds the package `unrolled`.
    """
    found = []
    for cell in code_cells(notebook):
        if "library" in tags(cell):
            found += [f"cell {cell.id} {text}" for text in cell_problems(cell, library)]
        elif "library" in cell.metadata:
            found.append(f"cell {cell.id} names a module but lacks the tag `library`")
    return found


def cell_problems(cell: NotebookNode, library: Path) -> list[str]:
    """Say how one `library` cell differs from the module it names."""
    module = cell.metadata.get("library")
    if not isinstance(module, str) or not module:
        return ['is tagged `library` but has no module in its metadata "library"']
    try:
        theirs = functions(module_path(module, library).read_text(encoding="utf-8"))
    except OSError:
        return [f"names the module {module}, which does not exist"]
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError as error:
        return [f"is not valid Python: {error.msg} (line {error.lineno})"]
    found = [] if statements else ["is tagged `library` but is empty"]
    for statement in statements:
        if not isinstance(statement, ast.FunctionDef):
            found.append(
                f"holds more than functions (line {statement.lineno}: "
                f"{ast.unparse(statement).splitlines()[0]})"
            )
        elif statement.name not in theirs:
            found.append(f"has a function {statement.name} that {module} lacks")
        elif essence(statement) != essence(theirs[statement.name]):
            found.append(f"has a function {statement.name} unlike the one of {module}")
    return found


def module_path(module: str, library: Path) -> Path:
    """Give the file of a module without importing it."""
    path = library.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def functions(source: str) -> dict[str, ast.FunctionDef]:
    """Give the functions at the top level of a module by name."""
    return {
        statement.name: statement
        for statement in ast.parse(source).body
        if isinstance(statement, ast.FunctionDef)
    }


def essence(function: ast.FunctionDef) -> str:
    """Write down what a function does, in a form that can be compared.

    Two functions with the same essence differ at most in docstrings, annotations,
    comments, layout and the validation of their arguments.
    """
    bare = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(bare, ast.FunctionDef), "unparsing a function gives a function"
    bare = Plain().visit(bare)
    body, renamed = without_validation(bare.body)
    bare.body = body or [ast.Pass()]
    return ast.dump(Renaming(renamed).visit(bare))


class Plain(ast.NodeTransformer):
    """Removes docstrings and annotations, in nested functions too."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Strip one function."""
        self.generic_visit(node)
        node.returns = None
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Strip one argument."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Turn `x: T = value` into `x = value`, and `x: T` into nothing."""
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.Assign(targets=[node.target], value=node.value, lineno=node.lineno)


class Renaming(ast.NodeTransformer):
    """Gives variables other names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Rename one variable."""
        node.id = self.names.get(node.id, node.id)
        return node


def without_validation(
    body: list[ast.stmt],
) -> tuple[list[ast.stmt], dict[str, str]]:
    """Drop the statements at the start of a function that only check its arguments.

    These are `if ...: raise ...` and calls of the validators, such as
    `bits = finite_array("inputs", inputs, "B, T")`; what follows then speaks of
    `inputs` again instead of `bits`.

    Returns:
        The other statements, and which variable is to be called what in them.
    """
    renamed: dict[str, str] = {}
    for index, statement in enumerate(body):
        if is_refusal(statement):
            continue
        checked = checked_argument(statement)
        if checked is None:
            return body[index:], renamed
        renamed |= checked
    return [], renamed


def is_refusal(statement: ast.stmt) -> bool:
    """Say whether a statement does nothing but raise under a condition."""
    return (
        isinstance(statement, ast.If)
        and not statement.orelse
        and len(statement.body) == 1
        and isinstance(statement.body[0], ast.Raise)
    )


def checked_argument(statement: ast.stmt) -> dict[str, str] | None:
    """Read a validator's call: `{variable: argument}`, or None for anything else."""
    call = statement.value if isinstance(statement, (ast.Assign, ast.Expr)) else None
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Name)
        or call.func.id not in VALIDATORS
        or len(call.args) < 2
        or not isinstance(call.args[1], ast.Name)
    ):
        return None
    if isinstance(statement, ast.Expr):
        return {}
    assert isinstance(statement, ast.Assign), "an Expr was dealt with above"
    target = statement.targets[0]
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return None
    return {target.id: call.args[1].id}
