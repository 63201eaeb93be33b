// The view Functions.

export function FunctionsView() {
  return <h1>Functions</h1>;
}
