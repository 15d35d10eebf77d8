// The dashboard: shows the sign-in form, or loads all widgets and marks when they are shown.

import { token } from "./api.js";
import { LOADING } from "./loading.js";
import { markDataShown, markImagesShown } from "./marks.js";
import { askToSignIn, offerSignOut, showError } from "./session.js";
import { WIDGETS } from "./widgets.js";

async function start() {
  const main = document.getElementById("main");
  offerSignOut();
  document.getElementById("content").hidden = false;
  main.setAttribute("aria-busy", "true");
  try {
    await LOADING[document.body.dataset.loading](WIDGETS);
    main.removeAttribute("aria-busy");
    await markDataShown();
    await markImagesShown();
  } catch (error) {
    showError(error);
  }
}

if (token()) start();
else askToSignIn();
