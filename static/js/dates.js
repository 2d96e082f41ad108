// Days and times, as people write them.

/** Made when the first one is written: making one costs a phone more than the rest of a page's start. */
const formatted = (options) => {
  let format;
  return (text) => {
    format ??= new Intl.DateTimeFormat("en-GB", options);
    return format.format(new Date(text));
  };
};

export const dateOf = formatted({ dateStyle: "long" });
export const dayOf = formatted({ day: "numeric", month: "short" });
export const momentOf = formatted({ dateStyle: "medium", timeStyle: "short" });

/**
 * "22 Nov 2026", for lists: the standard's own words for a date, since making a format costs a phone more than the rest
 * of such a page.
 */
export function shortDateOf(text) {
  const [, month, day, year] = new Date(text).toDateString().split(" ");
  return `${Number(day)} ${month} ${year}`;
}
