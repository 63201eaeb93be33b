// The names of the colours of base.css, which has them for light and dark.

/** A custom property of base.css, without its dashes. */
export type ColourName =
  | "ground"
  | "ink"
  | "soft"
  | "line"
  | "grid"
  | "done"
  | "failed"
  | "gave-up"
  | "waits"
  | "throttled"
  | "accent"
  | "size"
  | "window"
  | "payload"
  | "caught-up"
  | "tumbling-edge"
  | "group-end"
  | "broker-limit"
  | "stop";
