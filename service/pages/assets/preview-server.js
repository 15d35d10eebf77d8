// A preview that the server has drawn: marks when it is shown, or shows the sign-in form.

import { fail, markDataShown } from "./marks.js";
import { askToSignIn, offerSignOut } from "./session.js";

const { problem } = document.body.dataset;
if (problem === "401") {
  askToSignIn();
} else {
  offerSignOut();
  if (problem) fail(document.getElementById("alert").textContent);
  else markDataShown();
}
