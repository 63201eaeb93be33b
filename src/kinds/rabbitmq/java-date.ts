// An instant as Java's DateFormat writes it for an English reader: `Jan 1, 1970, 12:33:41 AM`, in UTC, with plain spaces.

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** A greater one is no date any more: the last there is stands for it. */
const GREATEST_SECONDS = 8.64e12;

/** Whole seconds since 1970, as AMQP has them; never negative. */
export function javaDateText(seconds: number): string {
  const date = new Date(Math.min(seconds, GREATEST_SECONDS) * 1_000);
  const hours = date.getUTCHours();
  const clock = `${hours % 12 === 0 ? 12 : hours % 12}:${twoDigits(date.getUTCMinutes())}:${twoDigits(date.getUTCSeconds())}`;
  const day = `${months[date.getUTCMonth()] ?? ""} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;
  return `${day}, ${clock} ${hours < 12 ? "AM" : "PM"}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, "0");
