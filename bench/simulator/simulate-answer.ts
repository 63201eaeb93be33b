// What a simulated run took.

export interface SimulateAnswer {
  /** Real. */
  readonly seconds: number;
  /** Of the world's time. */
  readonly simulatedSeconds: number;
  readonly callCount: number;
  /** Resident memory of the process at its greatest. */
  readonly mostBytes: number;
}
