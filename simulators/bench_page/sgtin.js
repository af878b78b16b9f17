// A GTIN and a serial number as the 96 bits of a tag (SGTIN-96, company prefix of seven digits, filter 1: item).

const HEADER = 0x30n, FILTER = 1n, PARTITION = 5n;

/** 24 hex digits, or null when the code is no GTIN. */
export function sgtin96(code, serial) {
  if (!/^\d{8,14}$/.test(code)) return null;
  const gtin = code.padStart(14, "0");
  const company = BigInt(gtin.slice(1, 8));
  const item = BigInt(gtin[0] + gtin.slice(8, 13));
  let bits = HEADER;
  for (const [value, width] of [[FILTER, 3n], [PARTITION, 3n], [company, 24n], [item, 20n], [BigInt(serial), 38n]]) bits = (bits << width) | value;
  return bits.toString(16).toUpperCase().padStart(24, "0");
}
