// What holds on every page: nothing that a screen reader or a keyboard cannot use, no
// error in the console, no request to another host, nothing wider than the window.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// watch collects what a page says and asks for from now on.
export function watch(page, base) {
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("data:") && !url.startsWith("blob:") && !url.startsWith("about:") && !url.startsWith("chrome-extension:")) faults.push(`asks another host: ${url}`);
  });
  return faults;
}

// inspect gives what is wrong with the page as it stands.
export async function inspect(page) {
  const faults = [];
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  for (const violation of found.violations) {
    for (const node of violation.nodes) faults.push(`${violation.id}: ${violation.help}: ${node.target.join(" ")} ${node.failureSummary?.split("\n").slice(1, 3).join(" ") ?? ""}`);
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) faults.push(`the page is ${over} px wider than the window`);
  return faults;
}
