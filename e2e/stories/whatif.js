import assert from "node:assert/strict";

// tryWhatIf changes seats on a copy of the book and sees both sides; the book itself has
// not changed.
export async function tryWhatIf(world) {
  const { page, base } = world;
  await page.goto(base + "/subscriptions?find=M365");
  const link = await page.locator("tbody .row-link").nth(1).getAttribute("href");
  await page.goto(new URL(link, base).href);
  await page.locator(".drawer").getByRole("link", { name: "Open page" }).click();
  await page.waitForURL("**/subscriptions/*");
  const subscription = decodeURIComponent(new URL(page.url()).pathname.split("/").pop());
  const account = decodeURIComponent((await page.locator('main a[href^="/accounts/"], .crumbs a[href^="/accounts/"]').first().getAttribute("href")).split("/").pop());
  const before = await page.locator("main table").first().innerText();

  await page.goto(base + "/what-ifs/new");
  await page.locator('main input[name="name"]').fill("Thirty more seats");
  await page.locator('main [name="accounts"]').fill(account);
  await page.locator('main input[name="months"]').fill("6");
  await page.locator('main form button[type="submit"]').first().click();
  await page.waitForURL((url) => /\/what-ifs\/[^/]+$/.test(url.pathname) && !url.pathname.endsWith("/new"));
  await page.getByRole("link", { name: "Change seats" }).click();
  const which = page.locator('#add [name="subscription"]');
  if ((await which.evaluate((field) => field.tagName)) === "SELECT") await which.selectOption(subscription);
  else await which.fill(subscription);
  await page.locator('#add input[name="to"]').fill("4321");
  const day = new Date(Date.now() + 40 * 86400000).toISOString().slice(0, 10);
  await page.locator('#add input[name="on"]').fill(day);
  await page.getByRole("button", { name: "Add the change" }).click();
  await page.getByText("4321").or(page.getByText("4,321")).first().waitFor();
  await page.getByRole("link", { name: "Run it ahead" }).click();
  await page.waitForURL("**/answer**");
  await page.locator("main table.rows:visible").first().waitFor();
  const amounts = await page.locator("main table.rows:visible td.num").allInnerTexts();
  assert.ok(amounts.some((text) => /[1-9]/.test(text)), "there are differences in money");

  await page.goto(base + "/subscriptions/" + encodeURIComponent(subscription));
  assert.equal(await page.locator("main table").first().innerText(), before, "the book has not changed");
}
