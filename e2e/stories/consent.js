import assert from "node:assert/strict";

// consent renews a connection's consent that the provider does not take any more: one click
// leads to the provider, one there leads back.
export async function consent(world) {
  const { page, base, center, lapsed } = world;
  await page.goto(base + "/provider");
  const row = page.locator("tr").filter({ has: page.locator(`a[href="/provider/${lapsed}"]`) });
  assert.match(await row.innerText(), /consent needed/);
  await row.getByRole("link").click();
  await page.getByText("The provider does not let us in").waitFor();
  await page.getByRole("link", { name: "Renew the consent" }).click();

  // Who refuses there is told so, and given another link.
  await page.getByRole("link", { name: "Sign in at the provider" }).click();
  assert.ok(page.url().startsWith(center), page.url());
  await page.getByRole("link", { name: "Refuse" }).click();
  await page.waitForURL(base + "/provider/**");
  await page.locator(".wrongs").waitFor();

  await page.getByRole("link", { name: "Sign in at the provider" }).click();
  await page.getByRole("link", { name: "Accept" }).click();
  await page.waitForURL(base + "/provider/" + lapsed);
  assert.match(await page.locator(".said").innerText(), /lets us in/);
  assert.match(await page.locator(".head").innerText(), /ready/);
  assert.equal(await page.getByText("The provider does not let us in").count(), 0);

  // The browser was at the provider's login, and nowhere else.
  const elsewhere = world.faults.filter((fault) => !fault.includes(`${center}/`));
  assert.deepEqual(elsewhere, []);
  world.faults.length = 0;
}
