// A link with data-drawer opens beside the list, without loading the list again: the
// address changes as the link says, so that back and a sent link show the same.
const place = () => document.getElementById("drawer");

async function open(url, push) {
  const answer = await fetch(url, { headers: { "Prorata-Part": "drawer" } });
  if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/html") || answer.redirected) {
    location.assign(url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("drawer");
  if (!fresh || !place()) {
    location.assign(url);
    return;
  }
  place().replaceWith(fresh);
  if (push) history.pushState({ drawer: true }, "", url);
  mark(url);
  fresh.querySelector(".drawer h2")?.setAttribute("tabindex", "-1");
  fresh.querySelector(".drawer h2")?.focus({ preventScroll: true });
}

function mark(url) {
  const wanted = new URL(url, location.href).href;
  for (const link of document.querySelectorAll("a[data-drawer]")) {
    link.closest("tr")?.classList.toggle("open", link.href === wanted);
  }
}

function close(url) {
  const from = document.querySelector("tr.open a[data-drawer]");
  place()?.replaceChildren();
  history.pushState({ drawer: true }, "", url);
  mark(url);
  from?.focus();
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-drawer], a[data-drawer-close]");
  if (!link || !place()) return;
  event.preventDefault();
  if (link.hasAttribute("data-drawer-close")) close(link.href);
  else open(link.href, true);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const link = document.querySelector("[data-drawer-close]");
  if (link && !event.target.closest("dialog, .palette")) close(link.href);
});

addEventListener("popstate", () => location.reload());
