// The legend: every key and every sign.

import { keyLines } from "./keys.ts";
import { Dialog } from "./parts/dialog.tsx";
import { signs } from "./parts/tones.ts";

export function Legend({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys and signs" onClose={onClose}>
      <div class="keys-legend">
        <dl>
          {keyLines.map(({ keys, does }) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <dl>
          {signs.map(({ tone, sign, means }) => (
            <div key={sign}>
              <dt class={`sign is-${tone}`}>{sign}</dt>
              <dd>{means}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
