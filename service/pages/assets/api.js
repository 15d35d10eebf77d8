// Requests to the service's API, with the token of this tab.

const TOKEN = "versus.token";
// More headers for the API, a JSON object; a measurement sets its flags here.
const HEADERS = "versus.headers";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const token = () => sessionStorage.getItem(TOKEN);
export const keepToken = (value) => sessionStorage.setItem(TOKEN, value);
export const forgetToken = () => sessionStorage.removeItem(TOKEN);

export async function getJson(path) {
  // Without the browser's cache: personal data must not stay there, and Chromium would make two
  // simultaneous requests for one address wait for each other.
  const answer = await call("GET", path, token(), { cache: "no-store", headers: moreHeaders() });
  return answer.json();
}

export async function call(method, path, bearer, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${bearer}` };
  const answer = await fetch(path, { ...options, method, headers });
  if (!answer.ok) throw await apiError(answer);
  return answer;
}

function moreHeaders() {
  try {
    return JSON.parse(sessionStorage.getItem(HEADERS) ?? "{}");
  } catch {
    throw new Error(`sessionStorage "${HEADERS}" is not a JSON object of header names and values.`);
  }
}

async function apiError(answer) {
  const problem = await answer.json().catch(() => ({}));
  return new ApiError(answer.status, problem.detail ?? `The service answered ${answer.status}.`);
}
