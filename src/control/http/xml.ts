// XML as AWS's query protocol and S3 answer it: elements and text, nothing else.

/** An element's name and what is in it: text, or elements in order. */
export type XmlElement = readonly [name: string, content: string | readonly XmlElement[]];

/** `namespace` is the root's `xmlns`; null: none. Names are ours and are not escaped; texts are. */
export function xmlText([name, content]: XmlElement, namespace: string | null = null): string {
  const opening = namespace === null ? name : `${name} xmlns="${escapeXml(namespace)}"`;
  const inner = typeof content === "string" ? escapeXml(content) : content.map((each) => xmlText(each)).join("");
  return `<${opening}>${inner}</${name}>`;
}

/** What XML 1.0 cannot hold, a lone half of a surrogate pair among it, becomes a question mark. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");
}
