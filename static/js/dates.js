// Days and times, as people write them.

const formatted = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", options);
  return (text) => format.format(new Date(text));
};

export const dateOf = formatted({ dateStyle: "long" });
export const shortDateOf = formatted({ dateStyle: "medium" });
export const dayOf = formatted({ day: "numeric", month: "short" });
export const momentOf = formatted({ dateStyle: "medium", timeStyle: "short" });
