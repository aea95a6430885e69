import assert from "node:assert/strict";
import { inspect } from "../check.js";

// billMonth plans a day, looks into an invoice to come, approves, holds one back, bills,
// and asks an issued invoice why.
export async function billMonth(world) {
  const { page, base } = world;
  await page.goto(base + "/billing");
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.getByRole("button", { name: /^Approve (all|\d|the)/ }).first().waitFor();
  const rows = page.locator("tbody .row-link");
  assert.ok((await rows.count()) > 0, "something is due");

  // Into an invoice to come: its lines and their reasons.
  await rows.first().click();
  await page.locator(".drawer").waitFor();
  assert.match(page.url(), /open=/, "the drawer has a URL of its own");
  assert.ok((await page.locator(".drawer .num").count()) > 0);
  await page.keyboard.press("Escape");
  await page.locator(".drawer").waitFor({ state: "detached" });

  // What is as usual in one click; then what is worth a look, and the rest of it.
  const usual = page.getByRole("button", { name: /^Approve \d+ invoices? as usual$/ });
  if (await usual.count()) {
    const count = Number((await usual.innerText()).match(/\d+/)[0]);
    await usual.click();
    await page.locator(".said", { hasText: `${count} invoice` }).waitFor();
    assert.equal(await usual.count(), 0, "nothing as usual is left to approve");
    await page.getByRole("link", { name: /^Worth a look/ }).click();
    await page.waitForURL("**flag=any**");
  }
  await page.getByRole("button", { name: /^Approve (all|the)/ }).first().click();
  await page.locator(".said").waitFor();
  await page.getByRole("link", { name: /^Bill / }).first().click();
  const asked = page.getByRole("button", { name: /^Bill \d/ });
  await asked.waitFor();
  assert.deepEqual(await inspect(page), [], "what is asked before a run can be used by everybody");
  await asked.click();
  await page.waitForURL("**/billing/runs/**");
  await page.getByText(/issued|done/i).first().waitFor();
  const invoice = page.locator('main a[href^="/invoices/"]').first();
  await invoice.waitFor();
  await invoice.click();
  await page.waitForURL("**/invoices/**");

  // Why this amount?
  const why = page.locator("details.why summary").first();
  await why.focus();
  await page.keyboard.press("Enter");
  const arithmetic = await page.locator(".why-answer").first().innerText();
  assert.match(arithmetic, /[×=→]/, "the arithmetic is shown");
}
