// A preview that came complete: only says when it is shown, or helps to sign in.

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
