// How everything that a person has to notice begins: `kind[code]: what`. Errors end a command, warnings do not, and a refusal is said
// beside the answer that an AWS client got.

export interface Notice {
  readonly kind: "error" | "warning" | "refused";
  readonly code: string;
  readonly text: string;
}

export const noticeText = ({ kind, code, text }: Notice): string => `${kind}[${code}]: ${text}`;
