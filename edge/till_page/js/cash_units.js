// Notes and coins of a currency, in minor units, largest first: for counting a drawer and for sums likely to be handed over.

const UNITS = {
  EUR: { notes: [20000, 10000, 5000, 2000, 1000, 500], coins: [200, 100, 50, 20, 10, 5, 2, 1] },
  CNY: { notes: [10000, 5000, 2000, 1000, 500, 100], coins: [50, 10] },
  GBP: { notes: [5000, 2000, 1000, 500], coins: [200, 100, 50, 20, 10, 5, 2, 1] },
  USD: { notes: [10000, 5000, 2000, 1000, 500, 100], coins: [25, 10, 5, 1] },
  CHF: { notes: [20000, 10000, 5000, 2000, 1000], coins: [500, 200, 100, 50, 20, 10, 5] },
  JPY: { notes: [10000, 5000, 1000], coins: [500, 100, 50, 10, 5, 1] },
  HKD: { notes: [100000, 50000, 10000, 5000, 2000, 1000], coins: [1000, 500, 200, 100, 50, 20, 10] },
  SGD: { notes: [10000, 5000, 1000, 500, 200], coins: [100, 50, 20, 10, 5] },
  AUD: { notes: [10000, 5000, 2000, 1000, 500], coins: [200, 100, 50, 20, 10, 5] },
  SEK: { notes: [50000, 20000, 10000, 5000, 2000], coins: [1000, 500, 200, 100] },
  NOK: { notes: [50000, 20000, 10000, 5000], coins: [2000, 1000, 500, 100] },
  DKK: { notes: [50000, 20000, 10000, 5000], coins: [2000, 1000, 500, 200, 100, 50] },
  PLN: { notes: [20000, 10000, 5000, 2000, 1000], coins: [500, 200, 100, 50, 20, 10, 5, 2, 1] },
  CZK: { notes: [500000, 200000, 100000, 50000, 20000, 10000], coins: [5000, 2000, 1000, 500, 200, 100] },
};

/** A currency not listed has notes and coins of 1, 2 and 5, as most have. */
function usual(minorDigits) {
  const unit = 10 ** Math.max(minorDigits, 0);
  const whole = [100, 50, 20, 10, 5].map((note) => note * unit);
  const coins = minorDigits >= 2 ? [200, 100, 50, 20, 10, 5, 2, 1] : [2 * unit, unit];
  return { notes: [5 * whole[0], 2 * whole[0], ...whole], coins };
}

export const cashUnits = (currency, minorDigits) => UNITS[currency] ?? usual(minorDigits);

/** Sums a customer is likely to hand over for `dueMinor`: the exact sum, then up to the next of each note. */
export function likelyAmounts(dueMinor, currency, minorDigits, most) {
  const { notes } = cashUnits(currency, minorDigits);
  const amounts = new Set([dueMinor]);
  for (const note of notes.toReversed()) {
    const left = dueMinor % note;
    amounts.add(left === 0 ? dueMinor : dueMinor - left + note);
  }
  return [...amounts].sort((a, b) => a - b).slice(0, most);
}
