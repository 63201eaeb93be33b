// A command of the terminal, to be copied.

import { useState } from "preact/hooks";

export function CommandLine({ command }: { readonly command: string }) {
  return (
    <span class="command">
      <code>{`$ ${command}`}</code>
      <CopyButton text={command} word="copy" spoken="the command" />
    </span>
  );
}

interface CopyButtonProps {
  readonly text: string;
  /** Written on it. */
  readonly word: string;
  /** Spoken after it: what is copied. */
  readonly spoken: string;
}

/** Says `copied` for as long as the text stays the same. */
export function CopyButton({ text, word, spoken }: CopyButtonProps) {
  const [copied, setCopied] = useState<string | null>(null);
  return (
    <button
      type="button"
      class="plain"
      onClick={() => {
        copyText(text);
        setCopied(text);
      }}
    >
      {copied === text ? "copied" : word}
      <span class="spoken">{` ${spoken}`}</span>
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
