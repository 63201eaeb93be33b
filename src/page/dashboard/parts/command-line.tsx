// A command of the terminal, to be copied.

import { useState } from "preact/hooks";

export function CommandLine({ command }: { readonly command: string }) {
  return (
    <span class="command">
      <code>{`$ ${command}`}</code>
      <CopyButton text={command} label="Copy the command" />
    </span>
  );
}

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  /** Written on it; default `copy`. */
  readonly word?: string;
}

/** Says `copied` for as long as the text stays the same. */
export function CopyButton({ text, label, word = "copy" }: CopyButtonProps) {
  const [copied, setCopied] = useState<string | null>(null);
  return (
    <button
      type="button"
      class="plain"
      aria-label={copied === text ? "Copied" : label}
      onClick={() => {
        copyText(text);
        setCopied(text);
      }}
    >
      {copied === text ? "copied" : word}
    </button>
  );
}

/** Browsers give pages a clipboard at a local address only; elsewhere the text is selected and copied as of old. */
function copyText(text: string): void {
  if (navigator.clipboard !== undefined) {
    navigator.clipboard.writeText(text).catch(() => copyBySelection(text));
  } else copyBySelection(text);
}

function copyBySelection(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
