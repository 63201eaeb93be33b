// XML as AWS's query protocol and S3 answer it: elements and text, nothing else.

/** An element's name and what is in it: text, or elements in order. */
export type XmlElement = readonly [name: string, content: string | readonly XmlElement[]];

export interface XmlOptions {
  /** The root's `xmlns`. Default none. */
  readonly namespace?: string;
  /** How control characters go, which XML 1.0 cannot hold: lost, or as references of XML 1.1 (`&#x1;`), as S3 writes keys. Default lost. */
  readonly controls?: "lost" | "references";
}

/** Names are ours and are not escaped; texts are. */
export function xmlText([name, content]: XmlElement, { namespace, controls = "lost" }: XmlOptions = {}): string {
  const opening = namespace === undefined ? name : `${name} xmlns="${escapeXml(namespace, controls)}"`;
  const inner =
    typeof content === "string"
      ? escapeXml(content, controls)
      : content.map((each) => xmlText(each, { controls })).join("");
  return `<${opening}>${inner}</${name}>`;
}

/** What cannot be held, a lone half of a surrogate pair among it, becomes a question mark. */
function escapeXml(text: string, controls: "lost" | "references"): string {
  return text
    .toWellFormed()
    .replaceAll("&", "&amp;")
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, (each) =>
      controls === "references" && each > "\0" && each < " " ? `&#x${each.charCodeAt(0).toString(16)};` : "?",
    )
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");
}
