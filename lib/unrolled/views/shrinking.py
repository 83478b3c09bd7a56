"""Scripts and style sheets with fewer characters, that do the same.

A notebook stores the script and the style sheet of every view in it. What is only there
for whoever reads the source is left out: comments, line breaks, blanks. A full parser
would shrink more; these functions change a line only where that is surely safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# In a line of code with no template literal, regular expression, division, or string in
# single quotes, what is not within double quotes cannot be part of a text.
_STRING = r'"(?:[^"\\]|\\.)*"'
_PLAIN = re.compile(rf"""(?:[^"'`/]|{_STRING})*""")
_REMARK_BEHIND = re.compile(rf"({_PLAIN.pattern}?)\s*//.*")
_BLANKS = re.compile(rf"({_STRING})| *([=<>{{}}()\[\],;:?&|*!]) *")

_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PROPERTY = re.compile(r"^([\w-]+): ")


def without_comment_lines(source: str) -> str:
    """Drop from a script the comments on lines of their own, and the empty lines."""
    kept, in_comment = [], False
    for line, in_template in _with_templates(source):
        text = line.strip()
        if in_template:
            kept.append(line)
        elif in_comment or text.startswith("/*"):
            _, end, text = text.partition("*/")
            in_comment = not end
            if text.strip():
                kept.append(text.strip())
        elif text and not text.startswith("//"):
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def shrunk_script(code: str) -> str:
    """Drop from a script what only its readers need; template literals stay whole.

    Args:
        code: What ``without_comment_lines`` returned. A template literal that spans
            lines must not hold another one that does.
    """
    written = []
    for line, in_template in _with_templates(code):
        short = line if in_template else _shrunk_line(line)
        # After these signs a statement goes on, or the next one begins, all the same.
        goes_on = short.endswith(("{", "(", "[", ",", ";")) and _PLAIN.fullmatch(short)
        written.append(short if goes_on and not in_template else f"{short}\n")
    return "".join(written)


def statements(code: str) -> list[str]:
    """Cut a script before each line that is not indented and closes no bracket.

    Joined, the parts are the code again.
    """
    parts: list[str] = []
    for line, in_template in _with_templates(code):
        if parts and (in_template or line.startswith((" ", "}", ")", "]"))):
            parts[-1] += f"{line}\n"
        else:
            parts.append(f"{line}\n")
    return parts


def shrunk_style(style: str) -> str:
    """Drop from a style sheet its comments, indentation and most line breaks.

    No text within quotes may hold a comment, ``" {"`` or ``";}"``.
    """
    written = ""
    for line in _STYLE_COMMENT.sub("", style).splitlines():
        short = _PROPERTY.sub(r"\1:", line.strip()).replace(" {", "{")
        begins = not written or written.endswith(("{", "}", ";", ",", "("))
        written += short if begins else f" {short}"
    return written.replace(";}", "}")


def _shrunk_line(line: str) -> str:
    """Drop from a line of code its indentation, its blanks and a comment behind it."""
    line = line.lstrip()
    remark = _REMARK_BEHIND.fullmatch(line)
    if remark:
        line = remark[1]
    if not _PLAIN.fullmatch(line):
        return line
    return _BLANKS.sub(lambda match: match[1] or match[2], line)


def _with_templates(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each line of a script, and whether it begins inside a template literal.

    A backtick opens or closes one, unless it is escaped or a comment has it.
    """
    inside = False
    for line in source.splitlines():
        yield line, inside
        is_comment = not inside and line.strip().startswith(("//", "/*", "*"))
        if not is_comment and (line.count("`") - line.count("\\`")) % 2:
            inside = not inside
