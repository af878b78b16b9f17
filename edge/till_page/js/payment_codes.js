// Payment codes on customers' telephones, by length and first digits; as `protocols/payment/codes/kinds.py` has it.

/** Whether a scanned text is one. Other numbers may look like it: ask only while a payment is awaited. */
export function isPaymentCode(text) {
  const code = text.trim();
  if (/^fp[0-9A-Za-z]{33}$/.test(code)) return true;
  if (!/^\d{16,24}$/.test(code)) return false;
  const begins = Number(code.slice(0, 2));
  return (code.length === 18 && begins >= 10 && begins <= 15) || (begins >= 25 && begins <= 30);
}
