import assert from "node:assert/strict";

// makeToken makes an API token with a narrow scope; it is shown once, does what its scope
// says, and nothing once it is revoked.
export async function makeToken(world) {
  const { page, base } = world;
  await page.goto(base + "/settings/tokens/new");
  await page.locator('main input[name="name"]').fill("Accounting export");
  const scope = page.locator('main input[type="checkbox"][value="invoices:read"]');
  if (await scope.count()) await scope.check();
  await page.locator('main button.button-primary[type="submit"]').click();
  const text = await page.locator("main").innerText();
  const token = text.match(/prt_\S{20,}/)?.[0];
  assert.ok(token, "the token is shown");
  const ask = (path) => fetch(base + path, { headers: { Authorization: "Bearer " + token } });
  assert.equal((await ask("/v1/invoices?limit=1")).status, 200);
  assert.equal((await ask("/v1/audit")).status, 403, "its scope is narrow");

  await page.goto(base + "/settings/tokens");
  assert.ok(!(await page.locator("main").innerText()).includes(token), "it is shown once");
  await page.getByRole("button", { name: "Revoke Accounting export" }).click();
  await page.locator(".said").waitFor();
  assert.equal((await ask("/v1/invoices?limit=1")).status, 401, "a revoked token is nobody's");
}
