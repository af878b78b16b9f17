// Sheets that only offer what to do next; a digit takes the row.

import { MENUS } from "../actions.js";
import { ChoicePart } from "../parts.js";
import { Sheet } from "../sheet.js";

const ONE_COLUMN_MAX = 6;

class Menu extends Sheet {
  static scans = "pass";
  static close = "Close";

  build() {
    const entries = MENUS[this.constructor.menu];
    this.add(
      new ChoicePart({
        columns: entries.length > ONE_COLUMN_MAX ? 2 : 1,
        options: () => entries.map(({ name, enabled }, index) => ({ value: index, text: this.words.t(name), off: !enabled(this.till) })),
        onPick: (index) => this.take(entries[index]),
      }),
    );
  }

  take({ panel, run }) {
    if (panel) this.till.openPanel(panel);
    else if (run(this.till)) this.till.closePanel();
  }
}

export class AdjustMenu extends Menu {
  static title = "Price, discount";
  static menu = "adjust";
}

export class CustomerMenu extends Menu {
  static title = "Member, coupon";
  static menu = "customer";
}

export class MoreMenu extends Menu {
  static title = "More";
  static menu = "more";
}
