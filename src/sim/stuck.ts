// A scenario that cannot go on: what was waited for did not come. It is reported as a difference, never as a crash of the runner.

export class Stuck extends Error {}
