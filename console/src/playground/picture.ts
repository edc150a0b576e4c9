/** Pictures of flows and runs. The server draws them; here they are images, in which nothing can run. */

import { element } from "./dom";
import { picture } from "../api/client";

const PAUSE = 250;

/** A picture that can be drawn again and again: `show` a path, and once more when something happened. */
export class Picture {
  readonly element: HTMLElement;
  private readonly image: HTMLImageElement;
  private readonly note: HTMLElement;
  private path = "";
  private drawing = false;
  private wanted = false;

  constructor(words: string) {
    this.image = element("img", { alt: words, className: "drawn", hidden: true });
    this.note = element("p", { className: "quiet", hidden: true });
    this.element = element("div", { className: "picture", tabIndex: 0, role: "group", "aria-label": words }, this.image, this.note);
  }

  /** Draw what is at a path of the API; calls that come while it is being drawn become one. */
  async show(path: string): Promise<void> {
    this.path = path;
    this.wanted = true;
    if (this.drawing) return;
    this.drawing = true;
    while (this.wanted) {
      this.wanted = false;
      await this.draw();
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    this.drawing = false;
  }

  private async draw(): Promise<void> {
    const before = this.image.src;
    try {
      const drawn = await picture(this.path);
      this.image.src = drawn;
      await this.image.decode().catch(() => {});
      this.image.hidden = false;
      this.note.hidden = true;
    } catch (error) {
      this.note.textContent = (error as Error).message;
      this.note.hidden = false;
    }
    if (before) URL.revokeObjectURL(before);
  }

  /** Let the memory of it go. */
  close(): void {
    if (this.image.src) URL.revokeObjectURL(this.image.src);
  }
}
