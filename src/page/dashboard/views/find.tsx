// The view Find.

export function FindView() {
  return <h1>Find</h1>;
}
