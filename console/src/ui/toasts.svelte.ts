/** Short messages that go by themselves: what was done. */

export const toasts = $state<{ id: number; text: string }[]>([]);

let last = 0;

/** Say what was done, for four seconds. */
export function say(text: string): void {
  const id = ++last;
  toasts.push({ id, text });
  setTimeout(() => {
    const at = toasts.findIndex((each) => each.id === id);
    if (at >= 0) toasts.splice(at, 1);
  }, 4000);
}
