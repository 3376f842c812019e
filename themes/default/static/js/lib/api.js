/** Calls to the box's API: JSON in and out, the CSRF token added, problems as errors with a sentence. */

import { t } from "./words.js";

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || t("Something went wrong."));
    this.status = status;
    this.code = problem.code || "error";
    this.fields = problem.errors || [];
    this.duplicates = problem.duplicate_of || []; // versions that have the very bytes that were refused
    this.retryAfter = Number(problem.retryAfter) || 0;
  }
}

const unreachable = () => ({ code: "unreachable", detail: t("The box does not answer. Nothing is lost; check the network and try again.") });

export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content || "";
}

/** On the pages of a share link its path: all that they ask for lies below it, and nothing else is there. */
export function root() {
  return document.querySelector("meta[name=root]")?.content || "";
}

/** One call; answers the parsed body (null for none). Throws `ApiError`. */
export async function call(method, path, body, { signal } = {}) {
  const headers = { Accept: "application/json", "X-CSRF-Token": csrfToken() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(root() + path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, unreachable());
  }
  const isJson = (answer.headers.get("Content-Type") || "").includes("json");
  const data = isJson ? await answer.json().catch(() => null) : null;
  if (answer.ok) return data;
  const problem = data || { detail: t("The box answered {status}. Nothing is lost; try again.", { status: answer.status }) };
  throw new ApiError(answer.status, { ...problem, retryAfter: answer.headers.get("Retry-After") });
}

/** For work whose failure is told elsewhere, or mends itself the next time: refused calls end here. */
export async function quietly(work) {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ApiError) && error.name !== "AbortError") throw error;
  }
}

/** A piece of a page as an element tree; throws `ApiError` where it is not to be had. */
export async function fragment(path, { signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers: { Accept: "text/html", "X-Fragment": "1" }, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, unreachable());
  }
  if (!answer.ok) throw new ApiError(answer.status, { detail: t("The box answered {status}.", { status: answer.status }) });
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}
