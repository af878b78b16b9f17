// The few ways this page touches the document.

export const byId = (id) => document.getElementById(id);

export function make(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

export function button(text, act, className = "") {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

export const row = (...parts) => make("div", "row", ...parts);

/** A card with a lamp, a title and a small note. */
export function card(anchor, title) {
  const lamp = make("span", "lamp");
  const note = make("small");
  const section = make("section", "card", make("h2", "", lamp, make("span", "", title), note));
  section.id = anchor;
  return {
    section,
    note,
    show(level, text) {
      lamp.className = `lamp ${level}`;
      lamp.title = text;
      setText(note, text);
    },
  };
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
