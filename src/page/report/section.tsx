// A part of the report: its heading in the margin, what it shows beside it; and figures in a row, each with its name.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface SectionProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Section({ title, note, children }: SectionProps) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p class="soft small">{note}</p>}
      </header>
      <div class="body">{children}</div>
    </section>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Beside the value: its limit, or what it is made of. */
  readonly beside?: string;
  /** Drawn as a sign of trouble; the words say it, too. */
  readonly sign?: "failed" | "gave-up" | "throttled";
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value, beside, sign }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class={sign === undefined ? undefined : `is-${sign}`}>
            {value}
            {beside !== undefined && <span class="soft small"> {beside}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
