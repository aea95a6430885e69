import assert from "node:assert/strict";

// fixException opens one, puts it off, brings it back, and settles it with a reason.
export async function fixException(world) {
  const { page, base } = world;
  await page.goto(base + "/exceptions");
  const links = page.locator("tbody .row-link");
  const waiting = await links.count();
  assert.ok(waiting > 0, "the demo has something for a person");
  await links.last().click();
  await page.locator(".drawer").waitFor();
  assert.ok(await page.locator(".drawer").getByText("First seen").count());

  await page.goto(base + "/exceptions");
  await page.locator('input[type="checkbox"][name="id"]').last().check();
  await page.locator("#bulk summary").filter({ hasText: "Put off" }).click();
  await page.locator('#bulk input[name="until"]').fill("2100-01-01");
  await page.locator('#bulk input[name="why"]').fill("after the migration");
  await page.locator('#bulk button[value="snooze"]').click();
  await page.locator(".said").waitFor();
  assert.equal(await page.locator("tbody .row-link").count(), waiting - 1);

  await page.goto(base + "/exceptions?state=snoozed");
  await page.locator('input[type="checkbox"][name="id"]').first().check();
  await page.locator('#bulk button[value="wake"]').click();
  await page.locator(".said").waitFor();

  await page.goto(base + "/exceptions");
  await page.locator('input[type="checkbox"][name="id"]').last().check();
  await page.locator("#bulk summary").filter({ hasText: "Settle" }).click();
  await page.locator('#bulk button[value="settle"]').click();
  await page.locator(".wrongs").waitFor();
  world.faults.length = 0;
  await page.goto(base + "/exceptions");
  await page.locator('input[type="checkbox"][name="id"]').last().check();
  await page.locator("#bulk summary").filter({ hasText: "Settle" }).click();
  await page.locator('#bulk input[name="reason"]').fill("It is for our own office.");
  await page.locator('#bulk button[value="settle"]').click();
  await page.locator(".said").waitFor();
  await page.goto(base + "/audit");
  await page.getByText("Exception settle").first().waitFor();
}
