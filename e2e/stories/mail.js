import assert from "node:assert/strict";
import { readFileSync, readdirSync, watch } from "node:fs";
import { join } from "node:path";

// sendByMail sends an invoice: the mail is shown as its reader will see it, comes to the mail server
// with the PDF, and stands in the invoice's history.
export async function sendByMail(world) {
  const { page, base, mails } = world;
  await page.goto(base + "/invoices?kind=invoice&state=open&currency=EUR");
  await page.locator("tbody .row-link").first().click();
  await page.locator(".drawer").getByRole("link", { name: "Open page" }).click();
  await page.waitForURL((url) => /^\/invoices\/[^/?]+$/.test(url.pathname));
  const invoice = page.url();
  const number = decodeURIComponent(invoice.split("/").pop());
  await page.getByRole("link", { name: "Send by mail" }).click();
  assert.match(await page.locator('main input[name="to"]').inputValue(), /@/, "the payer's address is there already");
  await page.locator('main input[name="to"]').fill("ledger@payer.example, boss@payer.example");
  await page.locator('main [name="note"]').fill("As we said on the phone.");
  await page.getByRole("button", { name: "Show it again" }).click();
  const letter = page.frameLocator("iframe.mail-page");
  await letter.getByText("As we said on the phone.").waitFor();
  assert.match(await letter.locator("body").innerText(), new RegExp(number), "it is about the invoice");
  await page.getByRole("button", { name: `Send ${number}` }).click();
  await page.locator(".said").filter({ hasText: "is on its way" }).waitFor();

  const mail = await arrival(mails, number);
  assert.match(mail, /^From: .*<billing@nordlicht-cloud\.example>/m);
  assert.match(mail, /^To: .*ledger@payer\.example/m);
  assert.match(mail, /boss@payer\.example/);
  assert.match(mail, /As we said on the phone\./);
  const pdf = mail.split(/\r?\n\r?\n/).find((part) => Buffer.from(part.replace(/\s/g, ""), "base64").toString("latin1").startsWith("%PDF-"));
  assert.ok(pdf, "the document is in it");

  // What the server said is kept a moment after it said so.
  await settled(page, invoice, /Sent: .*ledger@payer\.example/);
  assert.doesNotMatch(await page.locator(".story").innerText(), /on its way/);
  await page.goto(base + "/settings/mail?state=sent");
  await page.locator("tbody .row-link").first().click();
  await page.locator(".drawer").getByText("250").first().waitFor();
}

// settled looks again at an invoice until its history says something.
async function settled(page, invoice, wanted) {
  const until = Date.now() + 20000;
  for (let history = ""; !wanted.test(history); ) {
    assert.ok(Date.now() < until, `the history does not say ${wanted}: ${history}`);
    await page.goto(invoice);
    history = await page.locator(".story").innerText();
  }
}

// arrival is the mail that has a text in its subject, once it has come.
async function arrival(folder, text) {
  const come = () => readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => readFileSync(join(folder, name), "utf8").replace(/\r?\n[ \t]+/g, " ")).find((mail) => new RegExp(`^Subject:.*${text}`, "m").test(mail));
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => { watcher.close(); reject(new Error(`no mail about ${text} came within 30 seconds`)); }, 30000);
    const look = () => {
      const mail = come();
      if (!mail) return;
      clearTimeout(late);
      watcher.close();
      resolve(mail);
    };
    const watcher = watch(folder, look);
    look();
  });
}
