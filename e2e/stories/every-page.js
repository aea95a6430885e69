import assert from "node:assert/strict";
import { inspect, watch } from "../check.js";

// shape is a path with what differs from one thing to the next left out: a page is looked
// at once or twice, not for every invoice.
function shape(url) {
  const parts = url.pathname.split("/");
  // The word after a noun is one of many things, unless it is an action.
  const named = parts.map((word, at) => (at === 2 && nouns.has(parts[1]) && word !== "new" ? "*" : /\d|%|[A-Z]{2}/.test(word) || word.length > 24 ? "*" : word));
  return named.join("/") + (url.searchParams.has("open") ? "?open" : url.search ? "?" : "");
}

const nouns = new Set(["invoices", "accounts", "contracts", "subscriptions", "provider", "reconciliation", "what-ifs", "users"]);

// most is how many pages are looked at in each of the looks.
const most = 90;

// everyPage follows the links of the console from the first page on, wide and narrow, light
// and dark by turns: no page may complain, ask another host, or be out of reach for a
// keyboard or a screen reader.
export async function everyPage(world) {
  const { base } = world;
  const state = await world.context.storageState();
  const looks = [
    { viewport: { width: 1360, height: 900 }, colorScheme: "light" },
    { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  ];
  const complaints = [];
  for (const look of looks) {
    const context = await world.browser.newContext({ storageState: state, locale: "de-DE", ...look });
    const page = await context.newPage();
    const faults = watch(page, base);
    const seen = new Map();
    const next = [base + "/"];
    for (let count = 0; next.length > 0 && count < most; count++) {
      const address = next.shift();
      faults.length = 0;
      const answer = await page.goto(address, { waitUntil: "load" });
      if (!answer.headers()["content-type"]?.startsWith("text/html")) continue;
      const all = [...faults, ...(await inspect(page))];
      if (answer.status() >= 400) all.push(`answered ${answer.status()}`);
      for (const fault of all) complaints.push(`${address} (${look.viewport.width} px): ${fault}`);
      for (const href of await page.locator("a[href]").evaluateAll((links) => links.filter((a) => !a.hasAttribute("download")).map((a) => new URL(a.getAttribute("href"), location.href).href))) {
        const url = new URL(href);
        if (url.origin !== new URL(base).origin || /^\/(docs|openapi|v1|signout)/.test(url.pathname) || /\.(pdf|csv|xlsx)$|\/(pdf|export)$/.test(url.pathname)) continue;
        url.hash = "";
        const key = shape(url);
        if (seen.has(key)) continue;
        seen.set(key, url.href);
        next.push(url.href);
      }
    }
    assert.ok(seen.size > 20, `only ${seen.size} pages were found`);
    await context.close();
  }
  assert.deepEqual(complaints, []);
}
