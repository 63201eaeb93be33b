// The view Destinations.

export function DestinationsView() {
  return <h1>Destinations</h1>;
}
