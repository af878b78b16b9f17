// Words on the screen: the English text is the key; the box serves the catalogue of each language.

export const LANGUAGES = { en: "English", zh_CN: "简体中文" };

const CONTEXT = "\u0004"; // as gettext joins context and key

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

export class Words {
  constructor() {
    this.language = "en";
    this.messages = {};
  }

  /** Fetch a language's catalogue. Without it the English keys themselves are shown, so a dead box costs no word. */
  async load(language) {
    const known = language in LANGUAGES ? language : "en";
    try {
      const answer = await fetch(`/v1/locale/${known}`, { signal: AbortSignal.timeout(5000) });
      if (!answer.ok) return false;
      const catalogue = await answer.json();
      this.messages = catalogue.messages;
      this.language = known;
      return true;
    } catch {
      return false;
    }
  }

  /** BCP 47 name, for <html lang> and number formats. */
  get tag() {
    return this.language.replace("_", "-");
  }

  t(key, values = {}) {
    const found = this.messages[key];
    return fill(typeof found === "string" ? found : key, values);
  }

  n(one, many, count, values = {}) {
    const forms = this.messages[one];
    const form = Array.isArray(forms) ? forms[forms.length > 1 && count !== 1 ? 1 : 0] : count === 1 ? one : many;
    return fill(form, { count: String(count), ...values });
  }

  /** A word by its code inside a context (a device state, a reason); `fallback` when there is no translation. */
  code(context, code, fallback = code, values = {}) {
    const found = this.messages[context + CONTEXT + code];
    return fill(typeof found === "string" ? found : fallback, values);
  }

  /** Translate every element that carries `data-t` (text) or `data-t-label` (aria-label). */
  apply(root) {
    for (const node of root.querySelectorAll("[data-t]")) node.textContent = this.t(node.dataset.t);
    for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", this.t(node.dataset.tLabel));
  }
}
