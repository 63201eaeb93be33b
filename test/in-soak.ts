// What is too long for `npm test`. Tests that wait a minute or more for a broker's own clock run with `npm run soak` alone, and `npm test` names
// them as not run; tests of very many messages have all of them there.

const isSoak = process.env["MILLRACE_SOAK"] !== undefined;

export const inSoak = { skip: !isSoak };

/** How many records a test takes: `whole` there, and in `npm test` fewer, which show the same. Its name says how many. */
export const inSoakElse = (whole: number, fewer: number): number => (isSoak ? whole : fewer);

/** `50,000`. */
export const grouped = (count: number): string => count.toLocaleString("en-US");
