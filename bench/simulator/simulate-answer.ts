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

/** What a sweep of simulated load runs took, figures included. */
export interface SweepAnswer {
  readonly runCount: number;
  /** Of all runs. */
  readonly recordCount: number;
  readonly seconds: number;
  /** Processor time of the whole process: its garbage is collected beside it. */
  readonly cpuSeconds: number;
  readonly mostBytes: number;
}
