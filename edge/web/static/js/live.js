// An element with data-live is kept up to date by server-sent events from that address:
// each event's data is the element anew. When the events end the page is loaded once more.
for (const place of document.querySelectorAll("[data-live]")) {
  const events = new EventSource(place.dataset.live);
  events.addEventListener("part", (event) => {
    const page = new DOMParser().parseFromString(event.data, "text/html");
    const fresh = page.body.firstElementChild;
    if (fresh) place.replaceChildren(...fresh.childNodes);
  });
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
}
