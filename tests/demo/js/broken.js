// A view that fails when it is shown.

function render() {
  throw new Error("broken on purpose");
}

export default { render };
