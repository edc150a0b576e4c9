/* Files for the next message: picked, dropped or pasted, and shown with a button that takes each away again. */

import { h, icon, iconButton } from "./dom.js";

export class Attachments {
  constructor({ max_files, max_bytes, accept }, texts) {
    Object.assign(this, { most: max_files, largest: max_bytes, accept, texts, files: [] });
    const picker = h("input", { type: "file", multiple: max_files > 1, accept: accept.join(), hidden: true, onchange: () => {
      this.add(picker.files);
      picker.value = "";
    } });
    this.button = iconButton("attach", texts.attach, { class: "tool attach", onclick: () => picker.click() });
    this.list = h("ul", { class: "files", "aria-label": texts.files, hidden: true });
    this.wrong = h("p", { class: "wrong", role: "alert" });
    this.element = h("div", { class: "attached" }, this.list, this.wrong, picker);
  }

  /** Take what is dropped onto a place or pasted into it. */
  watch(place) {
    const over = (is) => (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      place.toggleAttribute("data-drop", is);
      if (event.type === "drop") this.add(event.dataTransfer.files);
    };
    place.addEventListener("dragover", over(true));
    for (const name of ["dragleave", "drop"]) place.addEventListener(name, over(false));
    place.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  add(files) {
    const { texts } = this;
    this.wrong.textContent = "";
    for (const file of files) {
      const words = this.files.length >= this.most ? "file_count"
        : !this.accept.some((ending) => file.name.toLowerCase().endsWith(ending)) ? "file_kind"
        : file.size > this.largest || !file.size ? "file_size" : null;
      if (words) this.wrong.textContent = texts[words].replace("{name}", file.name).replace("{count}", this.most);
      else this.files.push(file);
    }
    this.show();
  }

  /** Return the files and begin anew. */
  take() {
    const { files } = this;
    this.files = [];
    this.wrong.textContent = "";
    this.show();
    return files;
  }

  show() {
    this.list.hidden = !this.files.length;
    this.list.replaceChildren(...this.files.map((file) => {
      const label = this.texts.file_remove.replace("{name}", file.name);
      const away = () => {
        this.files.splice(this.files.indexOf(file), 1);
        this.wrong.textContent = "";
        this.show();
        this.button.focus();
      };
      return h("li", {}, h("span", { dir: "auto" }, file.name), h("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick: away }, icon("close")));
    }));
  }
}

export function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ name: file.name, data: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
