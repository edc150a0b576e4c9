/** A release of the server while its console is open: the files of the old one are there no more. */

const STORED = "agenticrag.reloaded";
const PAUSE = 60_000;

/** Load the page anew, once a minute at most, when a file is missing because the server has another release. */
export function followReleases(): void {
  addEventListener("vite:preloadError", () => {
    void released().then((another) => {
      if (another && first()) location.reload();
    });
  });
}

/** Return whether the page that the server has begins with other files than this one; false where it does not answer. */
async function released(): Promise<boolean> {
  try {
    const answer = await fetch("/", { cache: "no-store", credentials: "omit" });
    const mine = document.querySelector<HTMLScriptElement>("script[type=module]")?.src ?? "";
    return answer.ok && !(await answer.text()).includes(new URL(mine).pathname);
  } catch {
    return false;
  }
}

/** Return whether the page was not loaded anew a moment ago. Where nothing can be stored, a reload would lose the key. */
function first(): boolean {
  try {
    const before = Number(sessionStorage.getItem(STORED) ?? 0);
    sessionStorage.setItem(STORED, String(Date.now()));
    return Date.now() - before > PAUSE;
  } catch {
    return false;
  }
}
