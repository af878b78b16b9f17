// What can be done at any moment of a sale: the buttons beside the lines, and the sheets of further actions behind three of
// them. Function keys browsers leave alone or give up when asked; F5, F11 and F12 stay the browser's.

import { isWeighed } from "./names.js";

const free = (till) => till.state.sale_id === null;
const always = () => true;

function startQuantity(till) {
  if (till.selected && isWeighed(till.selected)) till.localRefusal(till.words.code("reason", "weighed_quantity"));
  else till.openPanel("quantity");
}

function startPay(till) {
  if (till.settling) {
    till.localRefusal(till.words.t("Wait: the box has not answered the last step yet."));
    return;
  }
  // What was found in passing while goods were scanned is looked at with full effort before anybody pays. Who pays quicker
  // than that names the total they saw: the box refuses it when there is a better one.
  if (till.state.searched === false) till.input({ kind: "show_total" });
  till.openPanel(till.paymentUnderWay ? "payment" : "pay");
}

/** One touch for one bag. */
const addBag = (till) => till.input({ kind: "add_item", item_id: till.state.bag_item_id });

/** At the scale itself, where it can be told from here. */
const orderScale = (order) => (till) => till.act({ kind: "order_scale", order, scale_id: till.state.weight.scale_id });
const canOrder = (order) => (till) => till.state.weight?.orders?.includes(order) ?? false;

const heldCount = (till) => till.state.held?.length ?? 0;

export const ACTIONS = [
  { key: "F2", name: "Quantity", run: startQuantity, enabled: (till) => till.selected !== null },
  { key: "F3", name: "Void line", run: (till) => till.voidSelected(), enabled: (till) => till.liveLines.length > 0 },
  { key: "F4", name: "Type code / weigh", className: "code", run: (till) => till.openPanel("code"), enabled: always },
  { key: "+", name: "Bag", className: "bag", run: addBag, enabled: always, shown: (till) => Boolean(till.state.bag_item_id) },
  { key: "F6", name: "Price, discount", run: (till) => till.openPanel("adjust"), enabled: (till) => till.liveLines.length > 0 || Boolean(till.state.weight) },
  { key: "F7", name: "Member, coupon", run: (till) => till.openPanel("customer"), enabled: always },
  { key: "F8", name: "Hold / recall", run: (till) => till.openPanel("held"), enabled: (till) => till.hasBasket || heldCount(till) > 0, badge: heldCount },
  { key: "F10", name: "Return", run: (till) => till.openPanel("return"), enabled: always },
  { key: "=", name: "Why this total?", run: (till) => till.openPanel("why"), enabled: (till) => till.hasBasket },
  { key: "F1", name: "More …", run: (till) => till.openPanel("more"), enabled: always },
  { key: "?", name: "Keys", run: (till) => till.openPanel("keys"), enabled: always, hidden: true },
  { key: "F9", name: "Pay", className: "pay", run: startPay, enabled: (till) => till.hasBasket || till.paymentUnderWay || (till.state.tenders?.length ?? 0) > 0 },
];

/** Menus: {name, run or panel, enabled}; the digit is its place. */
export const MENUS = {
  adjust: [
    { name: "Another price for the line", panel: "price", enabled: (till) => till.selected !== null },
    { name: "Discount on the line", panel: "discount_line", enabled: (till) => till.selected !== null },
    { name: "Discount on the whole sale", panel: "discount_basket", enabled: (till) => till.liveLines.length > 0 },
    { name: "Container on the scale (tare)", panel: "tare", enabled: always },
    { name: "Deposit on the line: goods come later", panel: "presale", enabled: (till) => till.selected !== null && !isWeighed(till.selected) },
    { name: "Scale: set to zero", run: orderScale("zero"), enabled: canOrder("zero") },
    { name: "Scale: take off the container on it", run: orderScale("tare"), enabled: canOrder("tare") },
    { name: "Scale: forget the container", run: orderScale("clear_tare"), enabled: canOrder("clear_tare") },
  ],
  customer: [
    { name: "Member", panel: "member", enabled: always },
    { name: "Coupon", panel: "coupon", enabled: always },
    { name: "Sell or load a gift card", panel: "giftcard", enabled: always },
    { name: "Goods of a deposit are there", panel: "settle", enabled: always },
    { name: "Customer of a deposit does not come", panel: "keepdeposit", enabled: free },
    { name: "Hand over an online order", panel: "pickup", enabled: free },
    { name: "Member leaves the sale", run: (till) => till.act({ kind: "clear_member" }), enabled: (till) => Boolean(till.state.member) },
    { name: "What is left on a gift card", panel: "cardleft", enabled: always },
  ],
  more: [
    { name: "Abandon sale", panel: "abandon", enabled: (till) => till.state.sale_id !== null },
    { name: "Open drawer", panel: "drawer", enabled: free },
    { name: "Receipts: print again", panel: "receipts", enabled: always },
    { name: "Cash in or out", panel: "cash", enabled: free },
    { name: "X report", run: (till) => till.act({ kind: "print_x_report" }), enabled: always },
    { name: "Last Z report again", run: (till) => till.act({ kind: "print_z_report" }), enabled: always },
    { name: "Close shift", panel: "close", enabled: free },
    { name: "Log out", run: (till) => till.act({ kind: "logout" }), enabled: free },
    { name: "Keys and help", panel: "keys", enabled: always },
  ],
};

export function runAction(till, action) {
  if ((action.shown?.(till) ?? true) && action.enabled(till)) action.run(till);
}
