// A formula within a line of text cannot be broken. One that is wider than its
// paragraph, as on a phone, scrolls by itself instead of being cut off.

const WIDE = "unrolled-wide";

function mark(formula) {
  formula.classList.remove(WIDE);
  formula.removeAttribute("tabindex");
  const paragraph = formula.closest("p, li, td, dd, div");
  if (formula.getBoundingClientRect().width > paragraph.clientWidth) {
    formula.classList.add(WIDE);
    formula.tabIndex = 0; // a keyboard can scroll what it can reach
  }
}

function markAll() {
  document.querySelectorAll("span.math").forEach(mark);
}

if (window.MathJax?.startup) {
  await window.MathJax.startup.promise;
  markAll();
  window.addEventListener("resize", markAll);
}
