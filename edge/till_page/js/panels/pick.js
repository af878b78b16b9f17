// One item of a style: a grid of colours and sizes, or a list when there is only one of the two.

import { make, makeButton } from "../dom.js";
import { nameOf } from "../names.js";
import { ChoicePart } from "../parts.js";
import { Sheet } from "../sheet.js";

const SIZES = ["XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL", "4XL", "5XL"];

/** Clothes sizes in their order, numbers by value, everything else by name. */
function bySize(a, b) {
  const [x, y] = [SIZES.indexOf(a.toUpperCase()), SIZES.indexOf(b.toUpperCase())];
  if (x >= 0 && y >= 0) return x - y;
  return a.localeCompare(b, undefined, { numeric: true });
}

/** The grid: arrows move, Enter takes. */
class GridPart {
  constructor(choices, take, texts) {
    this.filled = true;
    this.colours = [...new Set(choices.map((choice) => choice.colour))];
    this.sizes = [...new Set(choices.map((choice) => choice.size))].sort(bySize);
    this.node = make("table", "grid");
    const head = make("tr");
    head.append(make("th"), ...this.sizes.map((size) => make("th", "", size || "–")));
    this.node.append(head, ...this.colours.map((colour) => this.row(colour, choices, take, texts)));
  }

  row(colour, choices, take, texts) {
    const row = make("tr");
    row.append(make("th", "", colour || "–"));
    for (const size of this.sizes) {
      const cell = make("td");
      const choice = choices.find((each) => each.colour === colour && each.size === size);
      if (choice) cell.append(this.button(choice, take, texts));
      row.append(cell);
    }
    return row;
  }

  button(choice, take, { price, stock }) {
    const button = makeButton("grid-choice", "", () => take(choice.item_id));
    button.append(make("b", "", price(choice)), make("small", "", stock(choice)));
    return button;
  }

  /** Up and down within a column; left and right are Tab's. */
  move(step) {
    const buttons = [...this.node.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
    return true;
  }

  render() {}
}

export class PickSheet extends Sheet {
  static wide = true;
  static title = "Which one?";

  build() {
    const choices = this.till.state.choices ?? [];
    const both = new Set(choices.map((choice) => choice.colour)).size > 1 && new Set(choices.map((choice) => choice.size)).size > 1;
    const texts = { price: (choice) => this.money.text(choice.price_minor), stock: (choice) => this.stock(choice) };
    if (both) this.add(new GridPart(choices, (itemId) => this.take(itemId), texts));
    else this.add(new ChoicePart({ options: () => choices.map((choice) => this.option(choice)), onPick: (itemId) => this.take(itemId) }));
  }

  stock(choice) {
    const onHand = choice.on_hand_thousandths;
    if (onHand === null || onHand === undefined) return "";
    return onHand > 0 ? this.words.t("{count} in stock", { count: String(Math.trunc(onHand / 1000)) }) : this.words.t("none in stock");
  }

  option(choice) {
    const text = [choice.colour, choice.size].filter(Boolean).join(" · ") || nameOf(choice, this.words.language);
    return { value: choice.item_id, text, detail: this.stock(choice), side: this.money.text(choice.price_minor) };
  }

  take(itemId) {
    this.dismissed = true;
    if (this.till.input({ kind: "add_item", item_id: itemId })) this.till.closePanel();
  }
}
