// Who the customer is and what they bring: member, coupon, gift card, an earlier deposit, an order made online.

import { amountOf, anyCode } from "../entry.js";
import { ChoicePart, EntryPart, TextPart } from "../parts.js";
import { Sheet } from "../sheet.js";
import { reasonOptions } from "./line.js";

/** One code, scanned or typed, sent as a command. */
class OneCodeSheet extends Sheet {
  build() {
    const { hint, label, layout = "code" } = this.constructor;
    this.add(new TextPart(() => this.words.t(hint)));
    this.code = this.add(new EntryPart({ label, accepts: anyCode, scan: true, layout }));
    this.extra({ key: "F2", text: () => this.words.t("Letters"), run: () => this.letters(layout) });
  }

  letters(usual) {
    this.code.layout = this.code.layout === "letters" ? usual : "letters";
    this.till.render();
  }

  goes() {
    return this.words.t(this.constructor.go);
  }

  send() {
    return this.till.act(this.command(this.code.value));
  }
}

export class MemberSheet extends OneCodeSheet {
  static title = "Member";
  static hint = "Scan the member's code or card, or type the last digits of the phone number.";
  static label = "Member";
  static layout = "whole";
  static go = "Find member";

  command(code) {
    return { kind: "set_member", code };
  }
}

export class MemberPickSheet extends Sheet {
  static title = "Which member?";

  build() {
    this.add(new TextPart(() => this.words.t("Several members share these digits. Ask for the name.")));
    const choices = () => this.till.state.member_choices ?? [];
    const option = (member) => ({ value: member.member_id, text: member.name, side: member.phone_tail && `…${member.phone_tail}` });
    this.add(new ChoicePart({ columns: 1, options: () => choices().map(option), onPick: (memberId) => this.pick(memberId) }));
  }

  pick(memberId) {
    const { phone_tail: tail } = this.till.state.member_choices.find((each) => each.member_id === memberId);
    if (this.till.act({ kind: "set_member", code: tail, member_id: memberId })) this.till.closePanel();
  }

  left() {
    this.till.input({ kind: "clear_member" });
  }
}

export class CouponSheet extends OneCodeSheet {
  static title = "Coupon";
  static hint = "The best basket decides which coupons are used; one that is not used stays the customer's.";
  static label = "Coupon";
  static go = "Add coupon";

  build() {
    super.build();
    const coupons = () => (this.till.state.coupons ?? []).map((coupon) => this.option(coupon));
    this.add(new ChoicePart({ label: "Touch a coupon to take it off again", columns: 1, options: coupons, onPick: (code) => this.drop(code) }));
    this.current = this.code;
  }

  option(coupon) {
    const { words } = this;
    const name = words.language === "zh_CN" && coupon.name_zh ? coupon.name_zh : coupon.name;
    const used = coupon.used ? words.t("used") : coupon.reason ? this.till.reasonText(coupon.reason) : words.t("not used");
    return { value: coupon.coupon_id || coupon.code, text: name || coupon.code, detail: used, side: coupon.code };
  }

  drop(code) {
    this.till.act({ kind: "drop_coupon", code });
  }

  command(code) {
    return { kind: "add_coupon", code };
  }
}

export class GiftCardSheet extends Sheet {
  static title = "Sell or load a gift card";

  build() {
    this.add(new TextPart(() => this.words.t("The card is loaded when the sale is paid.")));
    this.code = this.add(new EntryPart({ label: "Gift card", accepts: anyCode, scan: true, layout: "code" }));
    this.amount = this.add(new EntryPart({ label: "Amount", accepts: amountOf(this.till.state.minor_digits), layout: "amount" }));
  }

  goes() {
    return this.words.t("Add to the sale");
  }

  ready() {
    return this.money.parse(this.amount.value) > 0;
  }

  send() {
    return this.till.act({ kind: "sell_gift_card", code: this.code.value, amount_minor: this.money.parse(this.amount.value) });
  }
}

export class CardLeftSheet extends OneCodeSheet {
  static title = "What is left on a gift card";
  static hint = "Scan the card or type its number. Headquarters is asked.";
  static label = "Gift card";
  static go = "Ask";

  command(code) {
    return { kind: "ask_gift_card", code };
  }
}

export class SettleSheet extends OneCodeSheet {
  static title = "Goods of a deposit are there";
  static hint = "The number is on the deposit's receipt. The goods enter the sale and the deposit counts against them.";
  static label = "Deposit number";
  static go = "Take up the deposit";

  command(code) {
    return { kind: "settle_presale", presale_id: code };
  }
}

const KEPT_WHYS = ["not_collected", "customer_agrees", "other"];

export class KeepDepositSheet extends Sheet {
  static title = "Customer of a deposit does not come";

  build() {
    this.add(new TextPart(() => this.words.t("The store keeps the deposit. To give it back, return it by its receipt.")));
    this.code = this.add(new EntryPart({ label: "Deposit number", accepts: anyCode, scan: true, layout: "code" }));
    this.why = this.add(new ChoicePart({ label: "Reason", columns: 3, options: reasonOptions(this.words, "why", KEPT_WHYS) }));
    this.extra({ key: "F2", text: () => this.words.t("Letters"), run: () => this.letters() });
  }

  letters() {
    this.code.layout = this.code.layout === "letters" ? "code" : "letters";
    this.till.render();
  }

  goes() {
    return this.words.t("Keep the deposit");
  }

  send() {
    return this.till.act({ kind: "keep_deposit", presale_id: this.code.value, why: this.why.value });
  }
}

export class PickUpSheet extends OneCodeSheet {
  static title = "Hand over an online order";
  static hint = "Lines, prices and payments come from the order.";
  static label = "Order number";
  static go = "Find order";

  command(code) {
    return { kind: "pick_up_order", order_id: code };
  }
}
