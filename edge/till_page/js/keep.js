// What must survive a reload, a crash and a power cut of this terminal: one small document, kept in two media.
//
// localStorage takes it at once (a reload in the same instant finds it) but reaches the disk only seconds later;
// IndexedDB with strict durability reaches the disk but answers later. Each copy carries a version; the newer one wins.

const TABLE = "kept";

function openDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function readRow(database, key) {
  return new Promise((resolve, reject) => {
    const request = database.transaction(TABLE).objectStore(TABLE).get(key);
    request.onsuccess = () => resolve(request.result ?? null);
    request.onerror = () => reject(request.error);
  });
}

function writeRow(database, key, row) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(TABLE, "readwrite", { durability: "strict" });
    transaction.objectStore(TABLE).put(row, key);
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.commit();
  });
}

function parse(text) {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export class Keep {
  /** `onTrouble(message)` hears when a medium fails; the other goes on. */
  constructor(name, onTrouble) {
    this.name = name;
    this.onTrouble = onTrouble;
    this.version = 0;
    this.database = null;
    this.waiting = null;
    this.writing = false;
    this.frozen = false;
  }

  /** Open both media and return the newest document, or null. */
  async open() {
    const copies = [parse(localStorage.getItem(this.name))];
    try {
      this.database = await openDatabase(this.name);
      copies.push(await readRow(this.database, "document"));
      await navigator.storage?.persist?.();
    } catch (error) {
      this.onTrouble(String(error));
    }
    const newest = copies.filter((copy) => copy !== null).sort((a, b) => b.version - a.version)[0];
    if (newest === undefined) return null;
    this.version = newest.version;
    return newest.document;
  }

  write(document) {
    if (this.frozen) return;
    this.version += 1;
    const copy = { version: this.version, document };
    try {
      localStorage.setItem(this.name, JSON.stringify(copy));
    } catch (error) {
      this.onTrouble(String(error));
    }
    this.waiting = copy;
    if (!this.writing) this.writeToDisk();
  }

  /** Another window took the till over: this one must not write any more. */
  freeze() {
    this.frozen = true;
    this.waiting = null;
  }

  async writeToDisk() {
    this.writing = true;
    while (this.waiting !== null && this.database !== null) {
      const copy = this.waiting;
      this.waiting = null;
      try {
        await writeRow(this.database, "document", copy);
      } catch (error) {
        this.onTrouble(String(error));
      }
    }
    this.writing = false;
  }
}
