"""Shorter scripts and style sheets must do what the longer ones do."""

import json
from pathlib import Path

import pytest

from tests.unit.test_widget import run_node
from unrolled.views.shrinking import (
    shrunk_script,
    shrunk_style,
    statements,
    without_comment_lines,
)

# Expressions that a careless hand would change, with their values.
TRICKY = {
    r"""'it\'s  =  "one"  //'""": 'it\'s  =  "one"  //',
    r'"a  =  b // \" ; c"': 'a  =  b // " ; c',
    r'"a \"b  =  c\" d"': 'a "b  =  c" d',
    "`a  ;  b // ${1 + 1}`": "a  ;  b // 2",
    r'"a  b = c  , d".split(/  | = /)': ["a", "b", "c", ", d"],
    r'"a // b".replace(/ \/\/ /, " = ")': "a = b",
    r'"a  =  b".replace(/"/, "") // "': "a  =  b",
    "[3 - -1, 2 + +1, 6 / 2 / 3] // { , [": [4, 3, 1],
    'typeof 1 === "number" ? 0.5 : !1 // ends': 0.5,
    "true ? .5 : 1": 0.5,
    "[...[1, 2]].map((n) => ({ n }))": [{"n": 1}, {"n": 2}],
    "((a, b = 2 ** 3) => a << b)(1)": 256,
    "[null ?? 1, 5 & 4, 1 | 2, 2 >= -1]": [1, 4, 3, True],
    "`two\n   lines  =,\n//  {  \n\n/* ; */`": "two\n   lines  =,\n//  {  \n\n/* ; */",
    "(() => {\n  let a = 1,\n    b = 2; // two\n  return a + b;\n})()": 3,
    "(() => {\n  const a = 1\n  const b = { a }\n  return b\n})()": {"a": 1},
    '{\n  // one {\n  a: 1, // "one",\n  /* two\n   * , */\n  b: 2,\n}': {
        "a": 1,
        "b": 2,
    },
}


@pytest.mark.parametrize("code", TRICKY)
def test_a_shorter_script_does_the_same(tmp_path: Path, code: str) -> None:
    written = f"const value = {code}\nconsole.log(JSON.stringify(value));\n"
    script = shrunk_script(without_comment_lines(written))
    assert json.loads(run_node(script, tmp_path)) == TRICKY[code], script


def test_a_script_gets_shorter() -> None:
    written = """\
// One sum.
function sum(a, b = { c: 1 }) { // of two
  /* nothing
     else */
  if (a !== "x = y") return [a, b.c, "//"]; // "said"

  return a - -b.c;
}
"""
    assert shrunk_script(without_comment_lines(written)) == (
        'function sum(a,b={c:1}){if(a!=="x = y")return[a,b.c,"//"];return a - -b.c;}\n'
    )


def test_a_script_falls_into_its_statements() -> None:
    parts = [
        "const a = `\nb\n  c`;\n",
        "function d(\n  e,\n) {\n  return [\n    e,\n  ];\n}\n",
        "const f = [\n  1,\n];\n",
        "f.push(2);\n",
    ]
    assert statements("".join(parts)) == parts


def test_a_style_sheet_gets_shorter() -> None:
    written = """\
/* What all
   share. */
.a,
.b > .c {
  --x: calc(1px + 2px);
  margin: 0 1px; /* as it is */
}

@media (max-width: 480px) {
  .a:has(:checked) {
    content: " : ";
    background: var(
      --y,
      red
    );
  }
}

.far
  .near {
  & p {
    top: 0;
  }
}
"""
    assert shrunk_style(written) == (
        ".a,.b > .c{--x:calc(1px + 2px);margin:0 1px}"
        '@media (max-width: 480px){.a:has(:checked){content:" : ";'
        "background:var(--y,red )}}"
        ".far .near{& p{top:0}}"
    )
