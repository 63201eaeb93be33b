// Times of the simulated world are in UTC, so that the same run prints the same bytes on any machine (ux, principle 8). The process that
// prints them does nothing else.

export function showTimesInUtc(): void {
  process.env["TZ"] = "UTC";
}
