/** The page for when the box cannot be reached: asks for it now and then, and comes back by itself. */

const PAUSE = 5000; // milliseconds

const back = () => (location.pathname === "/offline" ? location.replace("/") : location.reload());

async function look() {
  try {
    await fetch("/api/health", { method: "HEAD", cache: "no-store" });
    back();
  } catch {
    setTimeout(look, PAUSE);
  }
}

document.querySelector("[data-retry]").addEventListener("click", back);
addEventListener("online", back);
if (location.pathname !== "/offline") setTimeout(look, PAUSE);
