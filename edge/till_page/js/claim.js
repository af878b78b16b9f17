// One window per till: two would interleave their inputs. A Web Lock decides; it falls with its window, crash or not.

/** Resolves to true when this window has the till. `onLost` is called when another window takes it over. */
export function claim(till, { steal, onLost }) {
  return new Promise((resolve) => {
    const holdForEver = (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    };
    const options = steal ? { steal: true } : { ifAvailable: true };
    navigator.locks.request(`till:${till}`, options, holdForEver).catch(onLost);
  });
}

/** Web Locks exist only where the page came over TLS or from this machine. */
export const canClaim = () => "locks" in navigator && "randomUUID" in crypto;
