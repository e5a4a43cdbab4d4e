// Passkeys: begins a ceremony with the server, lets the browser do its part, hands the result in.
(() => {
  const bytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const post = async (address, form, body) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
      },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.message);
    return said;
  };

  const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const add = async (form) => {
    const asked = await post(form.dataset.passkeyBegin, form, {});
    const made = await navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: described(asked.excludeCredentials),
      },
    });
    await post(form.dataset.passkeyComplete, form, {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      clientExtensionResults: made.getClientExtensionResults(),
      name: form.elements.name.value,
      response: {
        attestationObject: text(made.response.attestationObject),
        clientDataJSON: text(made.response.clientDataJSON),
        transports: made.response.getTransports ? made.response.getTransports() : [],
      },
    });
    location.reload();
  };

  const use = async (form) => {
    const asked = await post(form.dataset.passkeyBegin, form, {});
    const shown = await navigator.credentials.get({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        allowCredentials: described(asked.allowCredentials),
      },
    });
    const onward = `?next=${encodeURIComponent(form.elements.next.value)}`;
    const said = await post(form.dataset.passkeyComplete + onward, form, {
      id: shown.id,
      rawId: text(shown.rawId),
      type: shown.type,
      clientExtensionResults: shown.getClientExtensionResults(),
      response: {
        authenticatorData: text(shown.response.authenticatorData),
        clientDataJSON: text(shown.response.clientDataJSON),
        signature: text(shown.response.signature),
        userHandle: shown.response.userHandle ? text(shown.response.userHandle) : null,
      },
    });
    location.assign(said.next);
  };

  if (!window.PublicKeyCredential) return;
  for (const button of document.querySelectorAll("[data-passkey]")) {
    const form = button.form;
    const run = button.dataset.passkey === "add" ? add : use;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const said = form.querySelector("[data-said]");
      said.hidden = true;
      button.disabled = true;
      try {
        await run(form);
      } catch (error) {
        said.textContent = error.message;
        said.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
  }
})();
