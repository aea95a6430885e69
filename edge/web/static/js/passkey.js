// A form with data-passkey is sent with the answer of the device: "get" proves who
// somebody is, "create" makes a new passkey. What is asked comes from data-ask.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey || form.elements.answer.value !== "") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const said = form.querySelector("[data-passkey-said]");
  try {
    const answer = await ask(form.dataset.passkey, form.dataset.ask);
    form.elements.answer.value = JSON.stringify(answer);
    form.requestSubmit();
  } catch (error) {
    said.textContent = error.name === "NotAllowedError" ? "The device gave no passkey. Try again, or use a code." : "This browser cannot use passkeys here. Use a code.";
    said.hidden = false;
  }
}, true);

async function ask(kind, path) {
  const answer = await fetch(path, { method: "POST" });
  if (!answer.ok) throw new Error(answer.statusText);
  const asked = (await answer.json()).publicKey;
  if (kind === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}
