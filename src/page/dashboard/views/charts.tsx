// The view Charts.

export function ChartsView() {
  return <h1>Charts</h1>;
}
