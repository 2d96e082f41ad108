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
export const shortDateOf = formatted({ dateStyle: "medium" });
export const dayOf = formatted({ day: "numeric", month: "short" });
export const momentOf = formatted({ dateStyle: "medium", timeStyle: "short" });
