// Who may work at this till, as the box tells it.

/** A box that does not tell is no error: the number can be typed. */
export async function loadStaff(till) {
  try {
    const answer = await fetch(`/v1/tills/${encodeURIComponent(till.tillId)}/staff`, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) return;
    till.staff = (await answer.json()).staff;
    till.render();
  } catch {
    // The line is down; the page asks again when it is back.
  }
}
