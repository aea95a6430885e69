import assert from "node:assert/strict";

// changeSeats adds seats to a running subscription: the effect in money is shown before
// it is saved, and what is saved stands on the subscription's page.
export async function changeSeats(world) {
  const { page, base } = world;
  await page.goto(base + "/subscriptions?find=M365");
  await page.locator("tbody .row-link").first().click();
  await page.locator(".drawer").waitFor();
  await page.locator(".drawer").getByRole("link", { name: "Open page" }).click();
  await page.waitForURL("**/subscriptions/*");
  const place = page.url();
  assert.ok(await page.locator("main svg").count(), "its timeline is drawn");
  await page.goto(place.split("?")[0] + "/change");
  const seats = page.locator('main input[name="quantity"], main input[name="seats"]').first();
  const before = Number((await seats.inputValue()) || "1");
  await seats.fill(String(before + 5));
  await page.locator("#effect").getByText(/now|month|invoice/i).first().waitFor();
  const effect = await page.locator("#effect").innerText();
  assert.match(effect, /\d+[.,]\d\d/, "the effect is an amount of money");
  await page.locator('main button.button-primary[type="submit"]').click();
  await page.waitForURL((url) => !url.pathname.endsWith("/change"));
  await page.locator(".said").waitFor();
  assert.ok((await page.locator("main").innerText()).includes(String(before + 5)), "the page has the new number");
}
