// Options of tests that wait a minute or more for a broker's own clock. They run with `npm run soak`, and `npm test` names them as not run.

export const inSoak = { skip: process.env["MILLRACE_SOAK"] === undefined };
