// The search field shows what it finds while one types.
const form = document.querySelector("form[data-palette]");
const field = form?.querySelector("input");
let turn = 0;
let waiting;

function shown() {
  return form.querySelector(".palette");
}

async function find() {
  const mine = ++turn;
  if (field.value.trim() === "") {
    shown()?.remove();
    return;
  }
  const answer = await fetch("/search?q=" + encodeURIComponent(field.value), { headers: { "Prorata-Part": "palette" } });
  if (mine !== turn || !answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(".palette");
  shown()?.remove();
  if (fresh) form.append(fresh);
}

if (field) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 120);
  });
  form.addEventListener("keydown", (event) => {
    const links = [...(shown()?.querySelectorAll("a") ?? [])];
    if (event.key === "Escape") {
      shown()?.remove();
      field.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && links.length > 0) {
      event.preventDefault();
      const at = links.indexOf(document.activeElement);
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      if (next < 0) field.focus();
      else links[Math.min(next, links.length - 1)].focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) shown()?.remove();
  });
}
