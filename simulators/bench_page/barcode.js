// An EAN-13 as bars, for the eye.

const LEFT = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"];
const PARITY = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"];
const flip = (bits) => bits.replace(/[01]/g, (bit) => (bit === "0" ? "1" : "0"));
const turn = (bits) => [...bits].reverse().join("");

/** An svg element, or null when the code is no EAN-13. */
export function ean13(code) {
  if (!/^\d{13}$/.test(code)) return null;
  const digits = [...code].map(Number);
  const left = digits.slice(1, 7).map((digit, place) => (PARITY[digits[0]][place] === "L" ? LEFT[digit] : turn(flip(LEFT[digit]))));
  const bits = `101${left.join("")}01010${digits.slice(7).map((digit) => flip(LEFT[digit])).join("")}101`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${bits.length} 44`);
  const bars = [...bits].map((bit, at) => (bit === "1" ? `M${at} 0h1v34h-1z` : "")).join("");
  svg.innerHTML = `<path d="${bars}"/><text x="${bits.length / 2}" y="43" font-size="9" text-anchor="middle">${code}</text>`;
  return svg;
}
