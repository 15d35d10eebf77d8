// Requests to the service's own API, as whoever signed in to this tab.

const TOKEN = "versus.token";
// More headers for the API, a JSON object: how a measurement asks for its flags.
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
  // Past the browser's own cache: personal data is not left there, and two requests for the same
  // thing would otherwise wait for each other, which is a quirk of one browser's.
  const answer = await call("GET", path, token(), { cache: "no-store", headers: moreHeaders() });
  return answer.json();
}

export async function call(method, path, bearer, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${bearer}` };
  const answer = await fetch(path, { ...options, method, headers });
  if (!answer.ok) throw await refused(answer);
  return answer;
}

function moreHeaders() {
  try {
    return JSON.parse(sessionStorage.getItem(HEADERS) ?? "{}");
  } catch {
    throw new Error(`sessionStorage "${HEADERS}" is no JSON object of header names and values.`);
  }
}

async function refused(answer) {
  const problem = await answer.json().catch(() => ({}));
  return new ApiError(answer.status, problem.detail ?? `The service answered ${answer.status}.`);
}
