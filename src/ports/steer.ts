// A person steers a mapping: `pause` lets no call start (a retry or half neither), `step` lets the next one that is due start, `resume`
// lets all of them. A call in flight ends as ever; batches go on closing, and reading ahead stays within its bounds.

export type Steer = "pause" | "step" | "resume";
