import assert from "node:assert/strict";
import { inspect } from "../check.js";

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

const columns = "PartnerId,CustomerId,CustomerName,InvoiceNumber,ProductId,SkuId,SkuName,ProductName,ChargeType,UnitPrice,EffectiveUnitPrice,Quantity,SubTotal,TaxTotal,Total,Currency,ChargeStartDate,ChargeEndDate,SubscriptionId";
const bill = (seats) => `${columns}\n,nobody,Nobody,E2E-1,CFQ1,0001,E3,E3,new,20.00,20.00,${seats},200.00,0.00,200.00,USD,2026-01-01,2026-01-31,nothing\n`;

// importBill sends a provider's bill by hand: with a wrong row nothing of it can be taken, and what is
// taken is compared with the log.
export async function importBill(world) {
  const { page, base } = world;
  const main = page.locator("main");
  const send = async (text) => {
    await page.goto(base + "/reconciliation?connection=partnercenter");
    await main.getByRole("link", { name: "Import a file" }).click();
    await main.locator('input[type="file"]').setInputFiles({ name: "E2E-1.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await main.getByRole("button", { name: "Look at this file" }).click();
    await main.getByText("not taken yet").waitFor();
    assert.deepEqual(await inspect(page), [], "what a bill holds can be read by everybody");
    return main.innerText();
  };
  const wrong = await send(bill("ten"));
  assert.match(wrong, /E2E-1\.csv:2[^]*Quantity/, "the mistake is told of by line and column");
  assert.equal(await main.getByRole("button", { name: "Take this file in" }).count(), 0, "and nothing of it can be taken");
  assert.match(await send(bill("10")), /1–31 Jan 2026[^]*200\.00[^]*new/, "the invoice stands there before it is taken");
  await main.getByRole("button", { name: "Take this file in" }).click();
  await main.getByText("1 invoice taken").waitFor();
  await main.locator(".row-link").click();
  await page.waitForURL("**/reconciliation/partnercenter/E2E-1");
}
