// A file cut into parts that the service takes: whole characters, at most so many bytes.

const MOST = 6_000;

/** The first line, and the bytes of the rest. */
export function split(text) {
  const plain = text.replace(/^\uFEFF/, "");
  const [header] = plain.split(/\r?\n/, 1);
  const rest = plain.slice(header.length).replace(/^\r?\n/, "");
  return { header, rows: new TextEncoder().encode(rest.trim() ? rest : "") };
}

/** The next part of `rows` from byte `at`: { text, last }. It never ends within a character. */
export function takePart(rows, at) {
  let end = Math.min(at + MOST, rows.length);
  // Bytes that go on with a character begin with the bits 10.
  while (end < rows.length && (rows[end] & 0xc0) === 0x80) end -= 1;
  return { text: new TextDecoder().decode(rows.subarray(at, end)), last: end === rows.length };
}
