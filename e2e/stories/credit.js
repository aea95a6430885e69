import assert from "node:assert/strict";

// creditAPart credits a quarter of a line for good: what it comes to is shown before, stands on
// the document after, and is off what the payer owes.
export async function creditAPart(world) {
  const { page, base } = world;
  await page.goto(base + "/invoices?state=open&kind=invoice&currency=EUR&least=500");
  await page.locator("tbody .row-link").first().click();
  await page.locator(".drawer").getByRole("link", { name: "Open page" }).click();
  await page.waitForURL((url) => /^\/invoices\/[^/?]+$/.test(url.pathname));
  const invoice = page.url();
  const account = base + (await page.locator('main a[href^="/accounts/"]').first().getAttribute("href"));
  const owed = async () => {
    await page.goto(account);
    return cents(await figure(page, /^Open/));
  };
  const owedBefore = await owed();
  await page.goto(invoice);
  const openBefore = cents(await figure(page, /^Total/));

  await page.locator(".head summary").filter({ hasText: "More" }).click();
  await page.getByRole("link", { name: "Credit a part" }).click();
  // Too much of a line is refused beside the form, before anything is issued.
  const line = page.locator("main .credit-amount").first();
  await line.fill("999999999");
  await page.locator("#effect .wrongs").waitFor();
  await line.fill("25 %");
  await page.locator("#effect .effect").waitFor();
  const effect = await page.locator("#effect").innerText();
  const total = cents(effect.match(/A credit note over (.*)/)[1]);
  assert.ok(total < 0, effect);
  await page.getByLabel("Reason").fill("Two days without service");
  await page.getByRole("button", { name: "Issue the credit note" }).click();
  await page.locator(".said").waitFor();

  assert.match(page.url(), /\/invoices\/CN/, "the credit note is shown");
  const note = await page.locator("main").innerText();
  assert.match(note, /Two days without service/, "its reason is on it");
  assert.equal(cents(await figure(page, /^Total/)), total, "it is over what was shown before");
  await page.locator('.story a[href^="/invoices/"]').first().click();
  await page.waitForURL(invoice);
  assert.match(await page.locator(".story").innerText(), /Credited .* Two days without service/, "and the invoice to it");
  assert.equal(cents(await figure(page, /^Open/)), openBefore + total, "what is open on the invoice is less");
  assert.equal(await owed(), owedBefore + total, "and what the payer owes");
}

// figure is one of the numbers at the head of a page.
async function figure(page, name) {
  return page.locator(".figure").filter({ has: page.locator("dt").filter({ hasText: name }) }).locator(".figure-value").first().innerText();
}

// cents reads an amount as it is set for readers of British English.
function cents(text) {
  const digits = text.match(/[−-]?[\d,]+\.\d\d/)?.[0];
  assert.ok(digits, `an amount in: ${text}`);
  return Math.round(Number(digits.replace("−", "-").replaceAll(",", "")) * 100);
}
