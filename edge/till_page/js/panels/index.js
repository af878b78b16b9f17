// Every sheet by its name, and the host that shows the open one.

import { ACTIONS } from "../actions.js";
import { byId, setClass, setShown } from "../dom.js";
import { ChangedSheet, HeldSheet, KeysSheet, WhySheet } from "./basket.js";
import { CardLeftSheet, CouponSheet, GiftCardSheet, KeepDepositSheet, MemberPickSheet, MemberSheet, PickUpSheet, SettleSheet } from "./customer.js";
import { AbandonSheet, AgeSheet, ApprovalSheet, OverrideSheet, UnknownSheet } from "./decisions.js";
import { CodeSheet, DiscountBasketSheet, DiscountLineSheet, PresaleSheet, PriceSheet, QuantitySheet, TareSheet } from "./line.js";
import { AdjustMenu, CustomerMenu, MoreMenu } from "./menu.js";
import { isRefund, PayCodeSheet, PaySheet, RefundSheet } from "./pay.js";
import { PaymentSheet, SettlePaySheet } from "./payment.js";
import { PickSheet } from "./pick.js";
import { FoundSheet, NoReceiptSheet, ReturnSheet } from "./returns.js";
import { CashSheet, CloseSheet, DrawerSheet, ReceiptsSheet, VarianceSheet } from "./shift.js";

const SHEETS = {
  adjust: AdjustMenu,
  customer: CustomerMenu,
  more: MoreMenu,
  code: CodeSheet,
  quantity: QuantitySheet,
  price: PriceSheet,
  discount_line: DiscountLineSheet,
  discount_basket: DiscountBasketSheet,
  tare: TareSheet,
  presale: PresaleSheet,
  member: MemberSheet,
  memberpick: MemberPickSheet,
  coupon: CouponSheet,
  giftcard: GiftCardSheet,
  cardleft: CardLeftSheet,
  settle: SettleSheet,
  keepdeposit: KeepDepositSheet,
  pickup: PickUpSheet,
  held: HeldSheet,
  changed: ChangedSheet,
  why: WhySheet,
  keys: KeysSheet,
  pick: PickSheet,
  pay: PaySheet,
  paycode: PayCodeSheet,
  payment: PaymentSheet,
  settlepay: SettlePaySheet,
  return: ReturnSheet,
  found: FoundSheet,
  noreceipt: NoReceiptSheet,
  drawer: DrawerSheet,
  cash: CashSheet,
  receipts: ReceiptsSheet,
  close: CloseSheet,
  variance: VarianceSheet,
  approval: ApprovalSheet,
  age: AgeSheet,
  override: OverrideSheet,
  unknown: UnknownSheet,
  abandon: AbandonSheet,
};

/** Nothing to pay, or money to give back: the same key, the sheet that fits. */
function sheetFor(name, till) {
  if (name === "pay" && isRefund(till.state)) return RefundSheet;
  return SHEETS[name];
}

export function mountPanels(till) {
  const host = byId("sheet");
  let open = null; // the sheet that is in the page
  let look = "";
  const build = () => {
    const kept = open !== null && till.sheet === open ? open.keep() : null;
    const Kind = sheetFor(till.panel, till);
    const given = till.panel === "keys" ? { ...till.given, actions: ACTIONS } : till.given;
    open = till.sheet = new Kind(till, given);
    if (kept) open.restore(kept);
    look = till.words.language;
    host.replaceChildren(open.node);
    host.dataset.panel = till.panel;
    setClass(host, "wide", Kind.wide);
    const first = open.current;
    (first?.isEntry && first.node.tagName === "BUTTON" ? first.node : open.heading).focus();
  };
  const clear = () => {
    if (open === null) return;
    open = null;
    host.replaceChildren();
    document.activeElement?.blur?.();
  };
  return () => {
    if (till.panel === null || till.state?.mode !== "sale") clear();
    else if (till.sheet === null || till.sheet !== open || look !== till.words.language) build();
    setShown(host, open !== null);
    setShown(byId("actions"), open === null);
    document.body.dataset.panel = open === null ? "" : till.panel;
    document.body.dataset.wide = open === null ? "" : String(open.constructor.wide);
    open?.render();
  };
}
