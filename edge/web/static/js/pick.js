// A field that is chosen (data-pick) has a short list of what fits; while somebody types, a
// better one is asked for. Of fields of one name (data-several) there is always an empty one.
let waiting;
let latest = 0;
document.addEventListener("input", (event) => {
  const field = event.target.closest("input[data-pick]");
  if (!field) return;
  another(field);
  // What was chosen from the list needs no other list.
  if ([...(field.list?.options ?? [])].some((option) => option.value === field.value)) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => offer(field), 150);
});

async function offer(field) {
  const turn = ++latest;
  const answer = await fetch(field.dataset.pick + "?q=" + encodeURIComponent(field.value), { headers: { "Prorata-Part": "pick" } });
  if (turn !== latest || !answer.ok || !field.list) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  field.list.replaceChildren(...fresh.querySelectorAll("option"));
}

function another(field) {
  const all = field.closest("[data-several]");
  const last = all && [...all.querySelectorAll("input[data-pick]")].at(-1);
  if (last !== field || field.value === "") return;
  const no = all.querySelectorAll("input[data-pick]").length + 1;
  const place = field.closest(".field").cloneNode(true);
  const id = "f-" + field.name + "-" + no;
  const input = place.querySelector("input");
  const list = place.querySelector("datalist");
  place.querySelector("label").htmlFor = input.id = id;
  input.value = "";
  list.id = id + "-list";
  input.setAttribute("list", list.id);
  const hint = place.querySelector(".field-hint");
  if (hint) hint.id = id + "-hint";
  input.setAttribute("aria-describedby", id + "-hint");
  field.closest(".field").after(place);
}
