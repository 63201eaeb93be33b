// One turn of the event loop: everything that is already promised has happened when it resolves. The simulated world runs its
// events between turns.

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
