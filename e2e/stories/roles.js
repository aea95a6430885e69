import assert from "node:assert/strict";
import { inspect, watch } from "../check.js";
import { offered } from "../walk.js";

const password = "four words are a password";

// who is invited, as what, what they see in the rail, and what they must not get to.
const people = [
  { role: "auditor", sees: ["Invoices", "Audit"], must: ["/settings/users/new"] },
  { role: "clerk", sees: ["Billing", "Exceptions"], must: ["/settings/users", "/audit"] },
  { role: "finance", sees: ["Billing", "Reports", "Reconciliation"], must: ["/settings/users/new"] },
  { role: "operations", sees: ["Provider", "Exceptions"], must: ["/settings/users/new"] },
  { role: "sales", sees: ["Accounts", "Subscriptions"], must: ["/settings/users", "/audit"] },
  { role: "reseller", account: true, sees: ["Invoices", "Accounts"], not: ["Billing", "Exceptions", "Audit"], must: ["/billing", "/exceptions", "/audit", "/settings/users"] },
  { role: "customer", account: true, sees: ["Invoices"], not: ["Billing", "Exceptions", "Audit"], must: ["/billing", "/exceptions", "/audit", "/settings/users"] },
];

export async function roles(world) {
  const { page, base } = world;
  await page.goto(base + "/accounts");
  const href = await page.locator('main a[href^="/accounts/"]:not([href*="new"])').first().getAttribute("href");
  const account = decodeURIComponent(new URL(href, base).pathname.split("/").pop());
  for (const person of people) {
    const link = await invite(page, base, person, account);
    const context = await world.browser.newContext({ locale: "de-DE" });
    const theirs = await context.newPage();
    const faults = watch(theirs, base);
    await theirs.goto(link);
    for (const field of await theirs.locator('input[type="password"]').all()) await field.fill(password);
    await theirs.locator('main button[type="submit"]').first().click();
    await theirs.locator("nav.rail").waitFor();
    const rail = await theirs.locator(".rail-wide").innerText();
    for (const name of person.sees) assert.ok(rail.includes(name), `${person.role} sees ${name} in: ${rail}`);
    for (const name of person.not ?? []) assert.ok(!rail.includes(name), `${person.role} does not see ${name}`);
    assert.deepEqual([...faults, ...(await inspect(theirs))], [], person.role);
    assert.deepEqual(await offered({ base, context, patterns: world.pages }), [], `${person.role} is offered what they may not have`);
    for (const path of person.must) {
      const answer = await theirs.goto(base + path);
      assert.equal(answer.status(), 403, `${person.role} at ${path}`);
    }
    if (person.account) await seesOnlyOwn(theirs, base, account);
    await context.close();
  }
}

async function invite(page, base, person, account) {
  await page.goto(base + "/settings/users/new");
  await page.locator('main input[name="address"]').fill(`${person.role}@fabrikam.example`);
  await page.locator('main input[name="name"]').fill(`Some ${person.role}`);
  await page.locator(`main input[type="checkbox"][value="${person.role}"]`).check();
  if (person.account) await page.locator('main [name="accounts"]').fill(account);
  await page.locator('main button.button-primary[type="submit"]').click();
  const text = await page.locator("main").innerText();
  const link = text.match(/https?:\/\/\S+\/welcome\S+/)?.[0];
  assert.ok(link, "the invitation is a link: " + text);
  return base + new URL(link).pathname + new URL(link).search;
}

// seesOnlyOwn looks for invoices of anybody else.
async function seesOnlyOwn(page, base, account) {
  await page.goto(base + "/accounts");
  for (const link of await page.locator('main a[href^="/accounts/"]').all()) {
    const path = new URL(await link.getAttribute("href"), base).pathname;
    const answer = await page.request.get(base + path);
    assert.equal(answer.status(), 200, path);
  }
  const answer = await page.goto(base + "/invoices/INV-000001");
  assert.ok([200, 404].includes(answer.status()));
  assert.ok(account);
}
