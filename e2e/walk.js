// Walks a console along its links: from where it is told to begin to whatever can be reached,
// one page for each kind of page.
import { inspect, watch } from "./check.js";

// most is how many pages a walk may have: one that finds more goes round in circles.
const most = 250;

// pathOf is the pattern of a path among those of the program, as its router would choose:
// the one with the fewest placeholders.
export function pathOf(patterns, path) {
  const fits = patterns.filter((pattern) => new RegExp("^" + pattern.replaceAll(".", "\\.").replace("{$}", "").replace(/\{[^}]+\}/g, "[^/]+") + "$").test(path));
  return fits.sort((a, b) => (a.match(/\{/g)?.length ?? 0) - (b.match(/\{/g)?.length ?? 0))[0];
}

// walk gives the patterns that it came to and what is wrong with their pages. Pages of "from" are all
// looked at; each is a path, or a path with the status that is expected of it.
export async function walk({ base, context, patterns, from, name }) {
  const page = await context.newPage();
  const faults = watch(page, base);
  const came = new Set();
  const complaints = [];
  const seen = new Set();
  const next = from.map((one) => (typeof one === "string" ? { address: base + one, status: 200 } : { address: base + one.path, status: one.status }));
  let count = 0;
  for (; next.length > 0 && count < most; count++) {
    const { address, status } = next.shift();
    const complain = (fault) => complaints.push(`${address.slice(base.length)} (${name}): ${fault}`);
    const pattern = pathOf(patterns, new URL(address).pathname);
    faults.length = 0;
    const answer = await open(page, address);
    if (answer.status() !== status) complain(`answered ${answer.status()}, not ${status}`);
    if (!pattern && status === 200) complain("no route has this address");
    // What leads on to another page is not a page that was looked at.
    const at = pathOf(patterns, new URL(answer.url()).pathname);
    if (at) came.add(at);
    if (at === "/signin" && pattern !== "/signin") complain("led to sign in");
    if (!answer.headers()["content-type"]?.startsWith("text/html")) continue;
    // The browser itself notes an answer that is an error.
    const said = faults.filter((fault) => status === 200 || !fault.includes(`status of ${status}`));
    for (const fault of [...said, ...(await inspect(page))]) complain(fault);
    for (const url of await framed(page)) {
      const got = await context.request.get(url.href);
      if (!got.ok()) complain(`${url.pathname}, which is shown in it, answered ${got.status()}`);
      came.add(pathOf(patterns, url.pathname));
    }
    for (const url of await links(page)) {
      if (url.href === address || url.origin !== new URL(base).origin || /^\/(docs|openapi|v1)/.test(url.pathname)) continue;
      const key = keyOf(patterns, url);
      if (seen.has(key)) continue;
      seen.add(key);
      next.push({ address: url.href, status: 200 });
    }
  }
  if (next.length > 0) complaints.push(`after ${count} pages (${name}) ${next.length} are left, such as ${next[0].address}`);
  await page.close();
  return { came, complaints, count };
}

// file tells what is downloaded, or shown by the browser's own means, from a page.
const file = /\.(csv|xlsx|pdf)$|\/(pdf|export|dispute|page)$/;

// offered follows the links of whoever the context is signed in as without drawing the pages, and
// gives what was offered and not to be had.
export async function offered({ base, context, patterns }) {
  const refused = [];
  const seen = new Set();
  const next = ["/"];
  for (let count = 0; next.length > 0; count++) {
    if (count === most) return [...refused, `after ${count} pages there are more, such as ${next[0]}`];
    const at = next.shift();
    const answer = await context.request.get(base + at);
    if (!answer.ok()) refused.push(`${at} answered ${answer.status()}`);
    if (!answer.headers()["content-type"]?.startsWith("text/html")) continue;
    for (const [, href] of (await answer.text()).matchAll(/<a\b[^>]* href="([^"]+)"/g)) {
      const url = new URL(href.replaceAll("&amp;", "&"), base + at);
      if (url.origin !== new URL(base).origin || /^\/(docs|openapi|v1)/.test(url.pathname)) continue;
      const key = keyOf(patterns, url);
      if (seen.has(key)) continue;
      seen.add(key);
      next.push(url.pathname + url.search);
    }
  }
  return refused;
}

// keyOf is what pages of one kind have in common.
function keyOf(patterns, url) {
  return (pathOf(patterns, url.pathname) ?? url.pathname) + (url.searchParams.has("open") ? "?open" : url.search ? "?" : "");
}

// open goes to a page; a file is fetched instead.
async function open(page, address) {
  if (!file.test(new URL(address).pathname)) return page.goto(address, { waitUntil: "load" });
  const got = await page.context().request.get(address);
  return { url: () => got.url(), status: () => got.status(), headers: () => ({}) };
}

async function links(page) {
  // Links of drawings have no href property that is a text.
  const hrefs = await page.locator("a[href]").evaluateAll((all) => all.map((a) => new URL(a.getAttribute("href"), location.href).href));
  return hrefs.map((href) => new URL(href.split("#")[0]));
}

// framed are the mails and documents that a page shows in a frame.
async function framed(page) {
  const places = await page.locator("iframe[src], object[data]").evaluateAll((all) => all.map((f) => new URL(f.getAttribute("src") ?? f.getAttribute("data"), location.href).href));
  return places.map((place) => new URL(place));
}
