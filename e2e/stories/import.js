import assert from "node:assert/strict";

// A product with a good price, and a price that is no number.
const book = `products: [{sku: "E2E:0001", name: Meeting room device}]
prices:
  - {sku: "E2E:0001", price: 40.00, currency: EUR}
  - {sku: "E2E:0001", price: forty, currency: EUR}
`;

// importFile takes a file with a mistake in it: what is right is taken, what is wrong is
// told of with its line.
export async function importFile(world) {
  const { page, base } = world;
  await page.goto(base + "/catalog");
  await page.locator(".rail-wide").getByRole("link", { name: "Import", exact: true }).click();
  await page.locator('input[type="file"]').setInputFiles({ name: "devices.yaml", mimeType: "application/yaml", buffer: Buffer.from(book) });
  await page.getByRole("button", { name: "Look at this file" }).click();

  const main = page.locator("main");
  await main.getByText("not taken yet").waitFor();
  assert.match(await main.innerText(), /devices\.yaml:4/, "the mistake is told of with its line before anything is taken");
  await page.getByRole("button", { name: "Take this file in" }).click();
  await main.getByText("taken, with mistakes").waitFor();
  const report = await main.innerText();
  assert.match(report, /devices\.yaml:4/);
  assert.match(report, /forty/);
  world.imported = new URL(page.url()).pathname;
  await page.goto(base + "/catalog?text=E2E");
  assert.equal(await page.locator("tbody .row-link").count(), 1, "the product was taken");
  await page.locator("tbody .row-link").click();
  assert.match(await main.innerText(), /40\.00/, "and its good price");
}
