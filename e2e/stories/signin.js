import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

export const owner = { address: "owner@fabrikam.example", name: "Olivia Owner", password: "correct horse battery staple" };

// becomeOwner opens the link of a book's first start.
export async function becomeOwner(page, link) {
  await page.goto(link);
  await page.getByLabel("E-mail address").fill(owner.address);
  await page.getByLabel("Your name").fill(owner.name);
  for (const field of await page.locator('input[type="password"]').all()) await field.fill(owner.password);
  await page.locator('main button[type="submit"]').first().click();
  await page.getByText(owner.name).first().waitFor();
}

// firstOwner opens the link that the first start printed; it is good once.
export async function firstOwner(world) {
  const { page, base, link } = world;
  await page.goto(base + "/accounts");
  assert.match(page.url(), /\/signin/, "nobody is let in");
  await page.goto(link);
  await page.getByLabel("E-mail address").fill(owner.address);
  await page.getByLabel("Your name").fill(owner.name);
  for (const field of await page.locator('input[type="password"]').all()) await field.fill("short");
  await page.locator('main button[type="submit"]').first().click();
  assert.ok(await page.locator(".field-wrong").count(), "a short password is refused");
  for (const field of await page.locator('input[type="password"]').all()) await field.fill(owner.password);
  await page.locator('main button[type="submit"]').first().click();
  await page.getByText(owner.name).first().waitFor();
  world.faults.length = 0; // the browser notes the refused form by its status

  await signOut(page);
  await page.goto(link);
  assert.equal(await page.locator('input[type="password"]').count(), 0, "the link is good once");
  world.faults.length = 0;

  await page.goto(base + "/signin");
  await page.getByLabel("E-mail address").fill(owner.address);
  await page.getByLabel("Password").fill("not " + owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".wrongs").waitFor();
  world.faults.length = 0;
  await signIn(page, base, owner);
  await page.getByText(owner.name).first().waitFor();
}

export async function signIn(page, base, who) {
  await page.goto(base + "/signin");
  await page.getByLabel("E-mail address").fill(who.address);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/signin") || url.pathname.endsWith("/factor"));
}

export async function signOut(page) {
  await page.locator("details.who summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/signin**");
}

// secondFactor sets up an authenticator and signs in with its code.
export async function secondFactor(world) {
  const { page, base } = world;
  await page.goto(base + "/profile");
  await page.getByRole("link", { name: /second factor|another/i }).first().click();
  await page.locator('form[action="/profile/authenticator"] button[type="submit"]').click();
  const text = (await page.locator("main").innerText()).replaceAll(" ", "");
  owner.secret = text.match(/[A-Z2-7]{32,}/)?.[0];
  assert.ok(owner.secret, "the secret is shown for who cannot scan the picture");
  await page.locator('main input[name="code"]').fill(code(owner.secret));
  await page.locator('main input[name="code"]').press("Enter");
  await page.getByText(/recovery code/i).first().waitFor();

  await signOut(page);
  await signIn(page, base, owner);
  assert.match(page.url(), /factor/, "the code is asked for");
  await page.goto(base + "/accounts");
  assert.match(page.url(), /signin/, "half a sign-in is none");
  await page.goto(base + "/signin/factor");
  await page.locator('input[name="code"]').fill("000000");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.locator(".wrongs").waitFor();
  world.faults.length = 0;
  await page.locator('input[name="code"]').fill(code(owner.secret, 1));
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText(owner.name).first().waitFor();
}

// code is what an authenticator shows some steps from now (RFC 6238): a code is taken
// once, so the second sign-in of a half minute needs the next one.
export function code(secret, ahead = 0) {
  let bits = "";
  for (const letter of secret) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => Number.parseInt(octet, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
  const sum = createHmac("sha1", key).update(step).digest();
  const at = sum[19] & 15;
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

// passkey has this device make a passkey, and signs in with it instead of a code.
export async function passkey(world) {
  const { page, base } = world;
  const device = await page.context().newCDPSession(page);
  await device.send("WebAuthn.enable");
  const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.goto(base + "/profile");
  await page.getByRole("link", { name: "Set up another" }).click();
  await page.locator("#passkey-name").fill("Olivia's laptop");
  await page.getByRole("button", { name: "Set up a passkey" }).click();
  await page.waitForURL("**/profile");
  const row = page.locator("tr").filter({ hasText: "Olivia's laptop" });
  assert.match(await row.innerText(), /passkey/i, "it stands among the second factors");
  const kept = async () => (await device.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  assert.equal((await kept()).length, 1, "the device keeps it");

  await signOut(page);
  await signIn(page, base, owner);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.waitForURL(base + "/");
  await page.getByText(owner.name).first().waitFor();
  assert.equal((await kept())[0].signCount, 2, "the device was asked, and signed");

  // A person whom the device does not know again does not get in.
  await signOut(page);
  await signIn(page, base, owner);
  await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.locator("[data-passkey-said]:visible, .wrongs").first().waitFor();
  await page.goto(base + "/accounts");
  assert.match(page.url(), /signin/, "half a sign-in is none");
  world.faults.length = 0;
  await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  await page.goto(base + "/signin/factor");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText(owner.name).first().waitFor();
  await device.send("WebAuthn.disable");
  await device.detach();
}
