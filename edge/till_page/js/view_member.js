// The bar that says who the customer is: name, level, points, what the cashier should know, and the coupons they brought.

import { byId, make, makeButton, setChildren, setClass, setShown, setText } from "./dom.js";
import { timeText } from "./names.js";

function factsOf(member, till) {
  const { words } = till;
  const facts = [];
  if (member.tier) facts.push(words.code("tier", member.tier));
  facts.push(words.n("{count} point", "{count} points", member.points));
  if (member.points_to_earn > 0) facts.push(words.t("+{count} today", { count: String(member.points_to_earn) }));
  if (!(member.believed ?? true)) facts.push(words.t("too old to believe: no member price, no points to spend"));
  else if (!(member.fresh ?? true)) facts.push(words.t("as of {time}", { time: timeText(member.points_as_of_ms, words.tag) }));
  return facts.join(" · ");
}

function renderCoupons(till) {
  const { words } = till;
  const coupons = new Map((till.state.coupons ?? []).map((coupon) => [coupon.code, coupon]));
  const create = () => {
    const chip = makeButton("coupon", "", () => till.openPanel("coupon"));
    chip.tabIndex = -1;
    chip.append(make("b"), make("small"));
    return chip;
  };
  setChildren(byId("coupons"), [...coupons.keys()], create, (chip, key) => {
    const coupon = coupons.get(key);
    setText(chip.firstChild, (words.language === "zh_CN" && coupon.name_zh) || coupon.name || coupon.code);
    setText(chip.lastChild, coupon.used ? words.t("used") : words.t("not used"));
    setClass(chip, "used", coupon.used);
  });
  return coupons.size > 0;
}

export function mountMember(till) {
  byId("member").addEventListener("click", () => till.openPanel("member"));
  return () => {
    if (till.state?.mode !== "sale") return;
    const { member } = till.state;
    const coupons = renderCoupons(till);
    setShown(byId("customer-bar"), Boolean(member) || coupons);
    setShown(byId("member"), Boolean(member));
    if (!member) return;
    setText(byId("member-name"), [member.name, member.phone_tail && `…${member.phone_tail}`].filter(Boolean).join(" "));
    setText(byId("member-facts"), factsOf(member, till));
    const prompts = [member.birthday ? till.words.t("Birthday: congratulate") : "", member.note].filter(Boolean);
    setText(byId("member-note"), prompts.join(" · "));
    setShown(byId("member-note"), prompts.length > 0);
  };
}
