// Signs in with a passkey, where the browser has them; the page works without.
const form = document.getElementById("passkey");
const failed = form.querySelector(".error");

async function post(path, body) {
  const response = await fetch(form.dataset.base + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.msg || answer.message || "The passkey was not accepted");
  return answer;
}

async function signIn(event) {
  event.preventDefault();
  failed.hidden = true;
  try {
    const { challenge_id, options } = await post("/passkeys/authentication/options", {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options);
    const credential = await navigator.credentials.get({ publicKey });
    const session = await post("/passkeys/authentication/verify", {
      challenge_id,
      credential: credential.toJSON(),
    });
    const { access_token, refresh_token } = session;
    await post("/cookie/session", { access_token, refresh_token });
    location.assign(form.dataset.rd);
  } catch (error) {
    failed.textContent = error.name === "NotAllowedError" ? "No passkey was chosen" : error.message;
    failed.hidden = false;
  }
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  form.hidden = false;
  form.addEventListener("submit", signIn);
}
