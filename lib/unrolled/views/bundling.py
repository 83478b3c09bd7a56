"""One script from a view's ES modules, for front ends that take only one.

The site serves the modules in ``js/`` as they are. A notebook cannot: a widget brings
its script as a single text. ``bundle`` joins a view's module with all that it imports.
It knows only the few forms that the course's modules keep to, and says so when it meets
another:

* imports such as ``import { a, b } from "./file.js";`` with the names unchanged;
* ``export function``, ``export class`` and ``export const``;
* in the module of a view, as its last statement, ``export default { render };``;
* names at the top level that no other module of the bundle declares: all of them come
  to lie in one scope.

What the view does not reach is left out, and so is what ``shrinking`` drops: a notebook
stores a bundle for each of its views.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from unrolled.views.shrinking import (
    shrunk_script,
    shrunk_style,
    statements,
    without_comment_lines,
)

SCRIPTS = Path(__file__).parent / "js"
"""The folder of the views' modules and style sheets."""

COMMON_STYLE = "views"
"""The name of the style sheet that all views share."""

DEFAULT_EXPORT = "export default { render };"

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./(\w+)\.js";\n?', re.M)
_DECLARATION = re.compile(
    r"^(export )?((?:async )?function\*?|class|const|let|var) +([\w$]+)", re.M
)
_FUNCTION_OR_CLASS = re.compile(r"(?:(?:async )?function\*?|class) +([\w$]+)")
_WORD = re.compile(r"[\w$]+")
_OTHER_FORM = re.compile(r"^(?:import|export)\b.*|.*\bimport\(.*", re.M)


@dataclass(frozen=True)
class Module:
    """One file, taken apart.

    Attributes:
        name: of the file, without its ending.
        code: what is left without comments, imports and the word ``export``.
        imports: pairs of a module's name and the names that it is asked for.
        declared: every name at the top level, in order.
        exported: those of them that other modules may import.
        is_view: whether the file ends with the default export of a view.
    """

    name: str
    code: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    declared: tuple[str, ...]
    exported: frozenset[str]
    is_view: bool


@cache
def bundle(name: str, folder: Path = SCRIPTS) -> str:
    """Join the module of a view and all that it imports into one ES module.

    Args:
        name: Of the view's module, without its ending: ``"surface"``.
        folder: Where the modules are.

    Returns:
        The script: what the view needs of the modules, in the order of their imports,
        without comments and blanks, and the view's default export at the end.

    Raises:
        FileNotFoundError: If a module does not exist.
        ValueError: If a module has a form that this function does not know, asks for
            a name that is not exported, declares a name that another one declares
            too, or if modules import each other in a circle.
    """
    modules: dict[str, Module] = {}
    _collect(name, folder, (), modules)
    if not modules[name].is_view:
        raise ValueError(
            f"{name}.js is not the module of a view: its last line must be "
            f"`{DEFAULT_EXPORT}`."
        )
    _check_names(modules)
    code = "".join(module.code for module in modules.values())
    return shrunk_script(_reached(f"{code}{DEFAULT_EXPORT}\n"))


@cache
def style_sheet(name: str, folder: Path = SCRIPTS) -> str:
    """Join the style sheet that all views share and that of one view.

    Args:
        name: Of the view's module, without its ending: ``"surface"``.
        folder: Where the style sheets are.

    Returns:
        Both, without comments, indentation and line breaks.

    Raises:
        FileNotFoundError: If ``folder`` has no ``views.css`` or none of the view.
    """
    sheets = (_read(folder / f"{sheet}.css") for sheet in (COMMON_STYLE, name))
    return "".join(shrunk_style(sheet) for sheet in sheets)


def read_module(name: str, folder: Path) -> Module:
    """Read one file and take it apart.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has a form that ``bundle`` does not know.
    """
    code = without_comment_lines(_read(folder / f"{name}.js"))
    imports = tuple(
        (match[2], tuple(part.strip() for part in match[1].split(",") if part.strip()))
        for match in _IMPORT.finditer(code)
    )
    code = _IMPORT.sub("", code)
    is_view = code.endswith(f"{DEFAULT_EXPORT}\n")
    code = code.removesuffix(f"{DEFAULT_EXPORT}\n")
    found = [(bool(match[1]), match[3]) for match in _DECLARATION.finditer(code)]
    code = _DECLARATION.sub(r"\2 \3", code)
    other = _OTHER_FORM.search(code)
    if other:
        raise ValueError(
            f"{name}.js has the line `{other[0].strip()}`; the views' modules import "
            'only with `import { name } from "./file.js";` and export only functions, '
            f"classes, constants and, at the end, `{DEFAULT_EXPORT}`."
        )
    declared = tuple(found_name for _, found_name in found)
    exported = frozenset(found_name for is_exported, found_name in found if is_exported)
    return Module(name, code, imports, declared, exported, is_view)


def _collect(
    name: str, folder: Path, importers: tuple[str, ...], modules: dict[str, Module]
) -> None:
    """Add a module to ``modules``, after all that it imports."""
    if name in modules:
        return
    if name in importers:
        circle = " imports ".join(f"{n}.js" for n in (*importers, name))
        raise ValueError(f"Modules import each other in a circle: {circle}.")
    module = read_module(name, folder)
    for source, names in module.imports:
        _collect(source, folder, (*importers, name), modules)
        for wanted in names:
            if wanted not in modules[source].exported:
                raise ValueError(
                    f"{name}.js imports `{wanted}` from {source}.js, which exports "
                    f"only {', '.join(sorted(modules[source].exported)) or 'nothing'}."
                )
    modules[name] = module


def _check_names(modules: dict[str, Module]) -> None:
    """Raise a ValueError if a name at the top level is declared twice."""
    owners: dict[str, str] = {}
    for module in modules.values():
        for name in module.declared:
            if name in owners:
                raise ValueError(
                    f"`{name}` is declared in {owners[name]}.js and in "
                    f"{module.name}.js; in a bundle they share one scope: rename one."
                )
            owners[name] = module.name


def _reached(code: str) -> str:
    """Leave out the functions and classes that nothing else needs.

    A name is needed if it occurs as a word in a statement that stays, be it in a text.
    Whatever is no function or class stays, as it may do something when it is run.
    """
    parts = statements(code)
    found = [_FUNCTION_OR_CLASS.match(part) for part in parts]
    places = {match[1]: place for place, match in enumerate(found) if match}
    waiting = [place for place, match in enumerate(found) if not match]
    kept: set[int] = set()
    while waiting:
        place = waiting.pop()
        if place not in kept:
            kept.add(place)
            words = set(_WORD.findall(parts[place]))
            waiting += [places[word] for word in words if word in places]
    return "".join(parts[place] for place in sorted(kept))


def _read(path: Path) -> str:
    """Return the text of a file, or say which files there are."""
    if not path.is_file():
        found = ", ".join(sorted(file.name for file in path.parent.glob("*.*")))
        raise FileNotFoundError(
            f"There is no file {path.name} among the views' scripts; there are: "
            f"{found or 'none'}."
        )
    return path.read_text(encoding="utf-8")
