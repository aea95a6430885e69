// Takes pictures of pages, wide and narrow, light and dark, and says what is wrong with them:
//
//   node look.js --base http://127.0.0.1:8080 --to /tmp/pictures [--cookie name=value] [--only wide-light] /invoices /audit?who=ana
import { mkdirSync } from "node:fs";
import { start } from "./browser.js";
import { inspect, watch } from "./check.js";

const options = { base: "http://127.0.0.1:8080", to: "pictures", cookie: "", only: "" };
const paths = [];
for (let at = 2; at < process.argv.length; at++) {
  const word = process.argv[at];
  if (word.startsWith("--")) options[word.slice(2)] = process.argv[++at];
  else paths.push(word);
}

const looks = [
  { name: "wide-light", width: 1360, height: 860, colorScheme: "light" },
  { name: "wide-dark", width: 1360, height: 860, colorScheme: "dark" },
  { name: "narrow-light", width: 360, height: 740, colorScheme: "light" },
  { name: "narrow-dark", width: 360, height: 740, colorScheme: "dark" },
];

mkdirSync(options.to, { recursive: true });
const browser = await start();
let wrong = 0;
for (const look of looks.filter((l) => !options.only || l.name === options.only)) {
  const context = await browser.newContext({ viewport: { width: look.width, height: look.height }, colorScheme: look.colorScheme, locale: "en-GB" });
  if (options.cookie) {
    const [name, ...value] = options.cookie.split("=");
    await context.addCookies([{ name, value: value.join("="), url: options.base }]);
  }
  const page = await context.newPage();
  const faults = watch(page, options.base);
  for (const path of paths) {
    faults.length = 0;
    await page.goto(options.base + path, { waitUntil: "load" });
    const all = [...faults, ...(await inspect(page))];
    const file = `${options.to}/${path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "home"}-${look.name}.png`;
    await page.screenshot({ path: file, fullPage: true });
    console.log(`${look.name} ${path}: ${file}`);
    for (const fault of all) console.log(`  ${fault}`);
    wrong += all.length;
  }
  await context.close();
}
await browser.close();
process.exitCode = wrong > 0 ? 1 : 0;
