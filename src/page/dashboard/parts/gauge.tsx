// A gauge: how much of a limit is used. Its bar is for the eye; its words are spoken and written beside it.

interface GaugeProps {
  /** What is measured: `records`, `window`, `payload`. */
  readonly label: string;
  readonly value: number;
  /** 0 or less: nothing to measure against. */
  readonly limit: number;
  /** `6 of 10`. */
  readonly text: string;
  /** Spoken in its place, with what it means: `6 of 10 records, window closes in 1.8 s`. */
  readonly spoken: string;
  /** This limit fires first. */
  readonly isFirst: boolean;
}

export function Gauge({ label, value, limit, text, spoken, isFirst }: GaugeProps) {
  const share = limit > 0 ? Math.min(1, Math.max(0, value / limit)) : 0;
  return (
    <div class={isFirst ? "gauge is-first" : "gauge"}>
      <span class="gauge-label">{label}</span>
      <span class="gauge-text">{text}</span>
      <span
        class="gauge-bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(1, Math.round(limit))}
        aria-valuenow={Math.round(Math.min(Math.max(0, value), Math.max(1, limit)))}
        aria-valuetext={spoken}
      >
        <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
      </span>
      <span class="gauge-first is-accent" aria-hidden="true">
        {isFirst ? "◀" : ""}
      </span>
    </div>
  );
}
