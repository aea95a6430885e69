// A filter form (data-filter) is sent when one of its choices changes. A form with
// data-preview shows the effect of what is typed: it is sent, as its Preview button
// would, and the answer's element of the same id takes its place.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form) form.requestSubmit();
});

// Empty fields of a filter do not belong into the address.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get") return;
  for (const field of form.elements) {
    if (field.name && field.value === "") field.disabled = true;
  }
  setTimeout(() => { for (const field of form.elements) field.disabled = false; }, 0);
});

let waiting;
let latest = 0;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-preview]");
  if (!form) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => preview(form), 250);
});

async function preview(form) {
  const turn = ++latest;
  const body = new URLSearchParams(new FormData(form));
  body.set("preview", "yes");
  const answer = await fetch(form.action, { method: "POST", body, headers: { "Prorata-Part": "preview" } });
  if (turn !== latest || !answer.headers.get("Content-Type")?.startsWith("text/html")) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(form.dataset.preview);
  if (fresh) document.getElementById(form.dataset.preview)?.replaceWith(fresh);
}

// What must not happen twice is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // What opens beside the page may be asked for again.
  if (form.method !== "post" || event.submitter?.formTarget === "_blank") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 10000);
});
