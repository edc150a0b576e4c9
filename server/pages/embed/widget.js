/* Shows an embedded chat: <script src="…/embed/widget.js" data-token="emb_…" async></script>
   data-mode: bubble or page; data-theme: light, dark or auto; data-position: bottom-right, …; data-locale: ko, …
   data-inputs: a JSON object of public inputs, which go with each message
   Its one global, AgenticRAG, can open, close and remove the chat. */
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag || !tag.dataset.token || window.AgenticRAG) return;
  const base = new URL("./", tag.src);
  const { token, mode, theme, position, locale, inputs } = tag.dataset;
  let tell;
  const chat = new Promise((resolve) => (tell = resolve));
  const call = (name) => () => chat.then((begun) => begun[name]());
  window.AgenticRAG = Object.freeze({ open: call("open"), close: call("close"), remove: call("remove") });
  const begin = async () => {
    const { begin } = await import(new URL("assets/chat.js", base).href);
    const api = new URL(`public/${encodeURIComponent(token)}/`, base).href;
    tell(await begin({ api, token, mode, theme, position, locale, inputs: inputs ? JSON.parse(inputs) : undefined }));
  };
  const start = () => begin().catch(() => console.warn("AgenticRAG: the chat is not available on this page."));
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
})();
