// The pages as people use them, one story after another on one book: what a story did,
// the next one finds. e2e_test.go starts the program and says where it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./browser.js";
import { watch } from "./check.js";
import { billMonth } from "./stories/billing.js";
import { consent } from "./stories/consent.js";
import { creditAPart } from "./stories/credit.js";
import { everyBlankPage, everyPage } from "./stories/every-page.js";
import { fixException } from "./stories/exception.js";
import { sendByMail } from "./stories/mail.js";
import { firstOwner, passkey, secondFactor } from "./stories/signin.js";
import { roles } from "./stories/roles.js";
import { changeSeats } from "./stories/seats.js";
import { makeToken } from "./stories/token.js";
import { tryWhatIf } from "./stories/whatif.js";
import { importBill, importFile } from "./stories/import.js";

const base = process.env.BASE;
const world = {
  base,
  link: process.env.LINK,
  center: process.env.CENTER,
  lapsed: process.env.LAPSED,
  mails: process.env.MAILS,
  blank: { base: process.env.BLANK_BASE, link: process.env.BLANK_LINK },
  pages: JSON.parse(process.env.PAGES ?? "[]"),
  faults: [],
};

before(async () => {
  assert.ok(base, "BASE says where the program is");
  world.browser = await start();
  world.context = await world.browser.newContext({ locale: "en-GB", viewport: { width: 1360, height: 900 } });
  world.page = await world.context.newPage();
  world.page.setDefaultTimeout(30000);
  world.faults = watch(world.page, base);
});

after(async () => {
  await world.browser?.close();
});

const stories = {
  "the first owner comes by a one-time link": firstOwner,
  "a second factor is set up and asked for": secondFactor,
  "a passkey is made, and signed in with": passkey,
  "a file is imported": importFile,
  "a provider's bill is imported from its file": importBill,
  "a month is planned, approved, billed and explained": billMonth,
  "an invoice is sent by mail": sendByMail,
  "a part of an invoice is credited": creditAPart,
  "seats are changed with their effect shown first": changeSeats,
  "a change is tried on a copy of the book": tryWhatIf,
  "a consent that has ended is given in two clicks": consent,
  "an exception is settled": fixException,
  "a token is made, shown once, and works": makeToken,
  "each role sees what is its own": roles,
  "every page can be used by everybody": everyPage,
  "every page of a new book says how things come": everyBlankPage,
};

// ONLY picks stories by a part of their names, for whoever works on one; the first two come with it.
const only = process.env.ONLY ?? "";
const named = Object.entries(stories).filter(([name, story]) => name.includes(only) || story === firstOwner || story === secondFactor);

for (const [name, story] of named) {
  test(name, async (t) => {
    world.faults.length = 0;
    try {
      await story(world, t);
    } catch (error) {
      error.message += `\n  at ${world.page.url()}\n  ${await title(world.page)}`;
      throw error;
    }
    assert.deepEqual(world.faults, [], "the pages complained");
  });
}

// title is what the page says first, for whoever reads why a story failed.
async function title(page) {
  const text = await page.locator("main").innerText({ timeout: 1000 }).catch(() => "(no page)");
  return text.slice(0, 600).replaceAll("\n", "\n  ");
}
