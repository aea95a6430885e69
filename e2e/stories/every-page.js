import assert from "node:assert/strict";
import { pathOf, walk } from "../walk.js";
import { becomeOwner, owner, signIn } from "./signin.js";

// apart are the URLs that are no page to walk to, each with why.
const apart = {
  "/signin/elsewhere": "leads to the identity provider's own pages; none is set up here",
  "/signin/back": "takes the identity provider's answer; none is set up here",
  "/provider/{connection}/consent/back": "takes the provider's answer: the story of consent comes by it",
  "/reports": "leads on to the first of the reports",
  "/reconciliation/{connection}/{$}": "leads on to what is not billed yet, for who takes the end of its address off",
  "/billing/plans/{plan}/run": "asks before what is approved is billed: the story of billing looks at it",
  "/billing/plans/{plan}/progress": "tells a script what goes on while a plan is made: the story of billing waits for it",
  "/billing/runs/{run}/progress": "tells a script what goes on while a run goes on: the story of billing waits for it",
  "/pick/accounts": "gives a form what it can choose from",
  "/pick/contracts": "gives a form what it can choose from",
  "/pick/products": "gives a form what it can choose from",
  "/pick/subscriptions": "gives a form what it can choose from",
  "/pick/price-lists": "gives a form what it can choose from",
};

const looks = {
  wide: { viewport: { width: 1360, height: 900 }, colorScheme: "light" },
  narrow: { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
};

// everyPage follows the links of the console until none is left, wide and light, narrow and
// dark: no page may complain, ask another host, be wider than the window, or be out of reach
// for a keyboard or a screen reader. Every route is come to, or is named above.
export async function everyPage(world) {
  const { base, pages: patterns } = world;
  const state = await world.context.storageState();
  const from = ["/", ...(await seldom(world)), { path: "/nowhere", status: 404 }, { path: "/invoices/NONE", status: 404 }, "/search?q=nothing+like+that", "/invoices?text=nothing+like+that"];
  const walks = await Promise.all(Object.entries(looks).map(async ([name, look]) => {
    const context = await world.browser.newContext({ storageState: state, locale: "de-DE", ...look });
    const walked = await walk({ base, context, patterns, from, name });
    await context.close();
    return walked;
  }));
  const doors = await door(world, walks.length);
  const came = new Set([...walks, doors].flatMap((w) => [...w.came]));
  const complaints = [...walks, doors].flatMap((w) => w.complaints);
  for (const pattern of patterns) {
    if (!came.has(pattern) && !apart[pattern]) complaints.push(`${pattern} was not come to, and is not named as apart`);
  }
  for (const pattern of Object.keys(apart)) {
    if (!patterns.includes(pattern)) complaints.push(`${pattern} is named as apart, and is no route`);
    if (came.has(pattern)) complaints.push(`${pattern} is named as apart, and was come to`);
  }
  assert.deepEqual(complaints, []);
}

// seldom are pages of things in a state that the first of their kind is not in.
async function seldom(world) {
  const { page, base } = world;
  const found = async (list, link) => {
    await page.goto(base + list);
    const hrefs = await page.locator("main a[href]").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    const first = hrefs.find((href) => link.test(href));
    assert.ok(first, `${list} has no link like ${link}: ${hrefs.join(" ")}`);
    return first;
  };
  const path = (href, key) => decodeURIComponent(new URL(href, base).searchParams.get(key));
  return [
    "/invoices/" + path(await found("/invoices?kind=invoice&state=open", /open=/), "open"),
    "/invoices/" + path(await found("/invoices?kind=credit_note", /open=/), "open"),
    "/invoices/" + path(await found("/invoices?state=void", /open=/), "open"),
    "/subscriptions/" + encodeURIComponent(path(await found("/subscriptions?state=suspended", /open=/), "open")),
    "/subscriptions/" + encodeURIComponent(path(await found("/subscriptions?state=running", /open=/), "open")),
    "/accounts/trey-research",
    "/contracts/adventure-works-cycles-office",
    world.imported,
    await disputed(page, base, await found("/reconciliation", /^\/reconciliation\/partnercenter\/G/)),
  ];
}

// disputed is a difference with the provider that a letter can be written about.
async function disputed(page, base, invoice) {
  await page.goto(base + invoice);
  const opens = await page.locator("main .row-link").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  for (const open of opens) {
    await page.goto(base + open);
    if (await page.locator('.drawer a[href*="/dispute"]').count()) return open;
  }
  throw new Error(`no difference on ${invoice} can be disputed`);
}

// door looks at the pages of who is not signed in yet.
async function door(world) {
  const { base, pages: patterns } = world;
  const context = await world.browser.newContext({ locale: "en-GB", ...looks.narrow });
  const page = await context.newPage();
  await signIn(page, base, owner);
  assert.equal(pathOf(patterns, new URL(page.url()).pathname), "/signin/factor");
  const walked = await walk({ base, context, patterns, from: ["/signin/factor", "/signin", { path: "/welcome?link=made-up", status: 404 }], name: "not signed in" });
  await context.close();
  return walked;
}

// everyBlankPage walks a book in which nothing is yet: each page says what will be here and
// how it comes.
export async function everyBlankPage(world) {
  const { browser, blank, pages: patterns } = world;
  const context = await browser.newContext({ locale: "de-DE", ...looks.narrow });
  const page = await context.newPage();
  await becomeOwner(page, blank.link);
  const walked = await walk({ base: blank.base, context, patterns, from: ["/"], name: "nothing in it" });
  await context.close();
  assert.deepEqual(walked.complaints, []);
  assert.ok(walked.came.size > 35, `only ${walked.came.size} kinds of pages were come to`);
}
