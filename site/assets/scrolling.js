// What is wider than the page scrolls by itself, with a keyboard too.

// A formula within a line of text cannot be broken, and the theme would cut it off. The
// style sheet lets those formulas scroll that are marked here. (It cannot choose them
// itself: the invisible text for screen readers makes short formulas look wide.)
function markWideFormulas() {
  for (const formula of document.querySelectorAll("article span.math")) {
    const drawn = formula.querySelector("mjx-math")?.getBoundingClientRect().width ?? 0;
    formula.classList.toggle("unrolled-wide", drawn > formula.clientWidth + 1);
  }
}

// The theme lets a keyboard reach, and so scroll, code that is wider than the page. But
// it looks only once, when the code of a folded solution has no width yet.
function reachWideCode() {
  for (const code of document.querySelectorAll("article pre")) {
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
  }
}

function look() {
  markWideFormulas();
  reachWideCode();
}

window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise; // absent on a page without formulas
  look();
  window.addEventListener("resize", look);
  document.addEventListener("toggle", look, { capture: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest(".admonition.toggle")) look();
  });
});
