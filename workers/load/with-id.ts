// A document of a load run: its data, with an `_id` where it has none.

/** `data`: a JSON object's text. */
export function withId(data: string, id: string): string {
  if (data.includes('"_id"') && Object.hasOwn(Object(JSON.parse(data)), "_id")) return data;
  const rest = data.trim().slice(1);
  return `{"_id":${JSON.stringify(id)}${rest.trimStart().startsWith("}") ? "" : ","}${rest}`;
}
