// Signing in and out. The token stays in this tab. A cookie that scripts cannot read lets the
// browser open previews, because a navigation sends no other header.

import { call, forgetToken, keepToken, token } from "./api.js";
import { fail } from "./marks.js";

const form = document.getElementById("sign-in");
const button = document.getElementById("sign-out");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const entered = form.elements.token.value.trim();
  try {
    await call("POST", "/session", entered);
    keepToken(entered);
    location.reload();
  } catch (error) {
    fail(error.message);
  }
});

button.addEventListener("click", async () => {
  const bearer = token();
  forgetToken();
  try {
    await call("DELETE", "/session", bearer);
    location.reload();
  } catch (error) {
    fail(error.message);
  }
});

export function offerSignOut() {
  button.hidden = false;
}

export function askToSignIn(message) {
  forgetToken();
  document.getElementById("content").hidden = true;
  document.getElementById("main").removeAttribute("aria-busy");
  form.hidden = false;
  if (message) fail(message);
}

// Shows an error of a request; after a refused token the sign-in form is shown too.
export function showError(error) {
  if (error.status === 401) askToSignIn(error.message);
  else fail(error.message);
}
